import { lastOf } from '../../arrays.js';
import type { DeviceBuffer, Program } from '../../contracts/backend.js';
import { block, embed } from '../nn/decoder.js';
import { blockParameters, embeddingName, layerPrefix } from '../nn/parameters.js';
import { vectorJacobian } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { scatterAddRows } from '../tensor/ops.js';
import { noGradientFlow } from './errors.js';
import { GradientAccumulators, gradientPrefix, replaceGradients } from './gradient-accumulators.js';
import { layoutInputs, layoutValues, weightInputs, type NetworkParts } from './network.js';
import { packedSize, type MicroBatch } from './packing.js';
import { execute, outputOf } from './programs.js';
import type { Scratch } from './scratch.js';

/**
 * Embedding and blocks of a decoder on one micro-batch. One compiled program serves all layers; the backward program
 * computes the inside of its block again from the block's input (gradient checkpointing at block grain).
 */
export class BlockStack {
  /** Inputs that every program on this micro-batch shares, by name. */
  private readonly shared: ReadonlyMap<string, DeviceBuffer>;
  private readonly shape: readonly [tokens: number, width: number];

  constructor(
    private readonly parts: NetworkParts,
    private readonly batch: MicroBatch,
    private readonly scratch: Scratch,
  ) {
    const tokens = packedSize(batch);
    this.shape = [tokens, parts.config.hiddenSize];
    const values = {
      tokens: { data: batch.tokens, shape: [tokens] },
      ...layoutValues(parts.config, parts.rotary, batch),
    };
    this.shared = new Map(Object.entries(values).map(([name, value]) => [name, scratch.upload(value)]));
  }

  /** States [N, D] after the embedding and after every block, in this order; only the last without `keepAll`. */
  async forward(keepAll: boolean): Promise<DeviceBuffer[]> {
    const { backend, config, programs, parameters } = this.parts;
    const states = [await this.embed()];
    const program = await programs.get(`block forward ${this.batch.rows}x${this.batch.length}`, () =>
      this.forwardGraph(),
    );
    for (let layer = 0; layer < config.layers; layer++) {
      const x = lastOf(states);
      const outputs = await execute(backend, program, (name) =>
        name === 'x' ? x : (this.shared.get(name) ?? parameters.value(layerPrefix(layer) + name)),
      );
      states.push(this.scratch.own(outputOf(outputs, 'y')));
      if (keepAll) continue;
      this.scratch.release(x);
      states.shift();
    }
    return states;
  }

  /**
   * Adds the gradients of all block weights and of the embedding, given the input state of every block and the gradient
   * `dy` of the final state. Consumes `dy`, and releases the states.
   */
  async backward(blockInputs: readonly DeviceBuffer[], dy: DeviceBuffer): Promise<void> {
    const program = await this.backwardProgram();
    let gradient = dy;
    for (const [layer, x] of [...blockInputs.entries()].reverse()) {
      gradient = this.scratch.own(await this.blockGradient(program, layer, x, gradient));
      this.scratch.release(x);
    }
    await this.addEmbeddingGradient(gradient);
  }

  private async embed(): Promise<DeviceBuffer> {
    const { backend, config, parameters, programs } = this.parts;
    const [tokens, width] = this.shape;
    const program = await programs.get(`embed ${tokens}`, () => {
      const g = new Graph('embed');
      g.output('x', embed(g.input('tokens', [tokens], 'i32'), g.input(embeddingName, [config.vocabSize, width])));
      return g;
    });
    const outputs = await execute(backend, program, (name) => this.shared.get(name) ?? parameters.value(name));
    return this.scratch.own(outputOf(outputs, 'x'));
  }

  private forwardGraph(): Graph {
    const g = new Graph('block forward');
    g.output('y', this.buildBlock(g).y);
    return g;
  }

  private backwardGraph(): Graph {
    const g = new Graph('block backward');
    const { x, y, weights } = this.buildBlock(g);
    const accumulators = new GradientAccumulators(g, weights());
    const seed = g.input('dy', this.shape);
    const [dx, ...sums] = vectorJacobian([[y, seed]], [x, ...accumulators.weights], accumulators.into);
    if (!dx) throw noGradientFlow('x');
    g.output('dx', dx);
    accumulators.output(sums);
    return g;
  }

  private buildBlock(g: Graph): { x: Tensor; y: Tensor; weights: () => [string, Tensor][] } {
    const { config } = this.parts;
    const specs = blockParameters(config);
    const w = weightInputs(g, new Map(specs.map((s) => [s.name, s.shape])));
    const x = g.input('x', this.shape);
    const y = block(config, x, w, layoutInputs(g, config, this.batch.rows, this.batch.length)).x;
    return { x, y, weights: () => specs.map(({ name }) => [name, w(name)]) };
  }

  private backwardProgram(): Promise<Program> {
    const key = `block backward ${this.batch.rows}x${this.batch.length}`;
    return this.parts.programs.get(key, () => this.backwardGraph(), [gradientPrefix, 'dy']);
  }

  private async blockGradient(
    program: Program,
    layer: number,
    x: DeviceBuffer,
    dy: DeviceBuffer,
  ): Promise<DeviceBuffer> {
    const { backend, config, parameters } = this.parts;
    const inModel = (name: string): string => layerPrefix(layer) + name;
    const outputs = await execute(backend, program, (name) => {
      if (name === 'x') return x;
      if (name === 'dy') return dy;
      if (name.startsWith(gradientPrefix)) return parameters.gradient(inModel(name.slice(gradientPrefix.length)));
      return this.shared.get(name) ?? parameters.value(inModel(name));
    });
    const names = blockParameters(config).map((s) => s.name);
    replaceGradients(parameters, outputs, names, inModel);
    return outputOf(outputs, 'dx');
  }

  private async addEmbeddingGradient(dx: DeviceBuffer): Promise<void> {
    const { backend, config, parameters, programs } = this.parts;
    const [tokens, width] = this.shape;
    const buildGraph = (): Graph => {
      const g = new Graph('embedding gradient');
      const base = g.input(gradientPrefix + embeddingName, [config.vocabSize, width]);
      const sum = scatterAddRows(base, g.input('tokens', [tokens], 'i32'), g.input('dx', [tokens, width]));
      g.output(gradientPrefix + embeddingName, sum);
      return g;
    };
    const program = await programs.get(`embedding gradient ${tokens}`, buildGraph, [gradientPrefix, 'dx']);
    const outputs = await execute(backend, program, (name) => {
      if (name === 'dx') return dx;
      return this.shared.get(name) ?? parameters.gradient(embeddingName);
    });
    replaceGradients(parameters, outputs, [embeddingName]);
  }
}
