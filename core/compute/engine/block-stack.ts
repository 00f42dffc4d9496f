import { elementAt, lastOf } from '../../arrays.js';
import type { DeviceBuffer, Program } from '../../contracts/backend.js';
import { block, embed } from '../nn/decoder.js';
import { embeddingName, layerPrefix, type ParameterSpec } from '../nn/parameters.js';
import { vectorJacobian } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { scatterAddRows } from '../tensor/ops.js';
import { noGradientFlow, notFound } from './errors.js';
import { GradientAccumulators, gradientPrefix, replaceGradients } from './gradient-accumulators.js';
import { layoutInputs, layoutValues, type NetworkParts } from './network.js';
import { packedSize, type MicroBatch } from './packing.js';
import { execute, outputOf } from './programs.js';
import type { Scratch } from './scratch.js';
import { storageKey, storedInput, trainingKey, weightInputs } from './stored-weights.js';

/**
 * Embedding and blocks of a decoder on one micro-batch. One compiled program serves all layers; the backward program
 * computes the inside of its block again from the block's input (gradient checkpointing at block grain).
 */
export class BlockStack {
  /** Inputs that every program on this micro-batch shares, by name. */
  private readonly shared: ReadonlyMap<string, DeviceBuffer>;
  private readonly shape: readonly [tokens: number, width: number];
  private readonly embedding: ParameterSpec;
  /** The parameters of every block, named as in its programs. */
  private readonly blocks: readonly (readonly ParameterSpec[])[];

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
    const { specs } = parts.parameters;
    const embedding = specs.find(({ name }) => name === embeddingName);
    if (!embedding) throw notFound('Parameter', embeddingName, []);
    this.embedding = embedding;
    this.blocks = Array.from({ length: parts.config.layers }, (_, layer) => inBlock(specs, layerPrefix(layer)));
  }

  /** The first block that gradients must reach; as many as there are blocks if they need none. */
  get firstTrained(): number {
    if (this.embedding.trainable) return 0;
    const first = this.blocks.findIndex((specs) => specs.some(({ trainable }) => trainable));
    return first < 0 ? this.blocks.length : first;
  }

  /** States [N, D] before block number `kept` and after it and every later one, in this order; by default the last. */
  async forward(kept = this.blocks.length): Promise<DeviceBuffer[]> {
    const { backend, parameters } = this.parts;
    const states = [await this.embed()];
    for (const [layer, specs] of this.blocks.entries()) {
      const x = lastOf(states);
      const program = await this.forwardProgram(specs);
      const outputs = await execute(backend, program, (name) =>
        name === 'x' ? x : (this.shared.get(name) ?? parameters.value(layerPrefix(layer) + name)),
      );
      states.push(this.scratch.own(outputOf(outputs, 'y')));
      if (layer >= kept) continue;
      this.scratch.release(x);
      states.shift();
    }
    return states;
  }

  /**
   * Adds the gradients of what is trained of blocks and embedding, given the input state of every block from
   * `firstTrained` on and the gradient `dy` of the final state. Consumes `dy`, and releases the states.
   */
  async backward(blockInputs: readonly DeviceBuffer[], dy: DeviceBuffer): Promise<void> {
    const { firstTrained } = this;
    let gradient = dy;
    for (const [i, x] of [...blockInputs.entries()].reverse()) {
      gradient = this.scratch.own(await this.blockGradient(firstTrained + i, x, gradient));
      this.scratch.release(x);
    }
    if (this.embedding.trainable) await this.addEmbeddingGradient(gradient);
    else this.scratch.release(gradient);
  }

  private async embed(): Promise<DeviceBuffer> {
    const { backend, config, parameters, programs } = this.parts;
    const [tokens, width] = this.shape;
    const { dtype } = this.embedding;
    const program = await programs.get(`embed ${tokens} ${dtype}`, () => {
      const g = new Graph('embed');
      const table = storedInput(g, embeddingName, [config.vocabSize, width], dtype);
      g.output('x', embed(g.input('tokens', [tokens], 'i32'), table));
      return g;
    });
    const outputs = await execute(backend, program, (name) => this.shared.get(name) ?? parameters.value(name));
    return this.scratch.own(outputOf(outputs, 'x'));
  }

  private forwardProgram(specs: readonly ParameterSpec[]): Promise<Program> {
    const key = `block forward ${this.batch.rows}x${this.batch.length} ${storageKey(specs)}`;
    return this.parts.programs.get(key, () => {
      const g = new Graph('block forward');
      g.output('y', this.buildBlock(g, specs).y);
      return g;
    });
  }

  private backwardGraph(specs: readonly ParameterSpec[]): Graph {
    const g = new Graph('block backward');
    const { x, y, trained } = this.buildBlock(g, specs);
    const accumulators = new GradientAccumulators(g, trained);
    const seed = g.input('dy', this.shape);
    const [dx, ...sums] = vectorJacobian([[y, seed]], [x, ...accumulators.weights], accumulators.into);
    if (!dx) throw noGradientFlow('x');
    g.output('dx', dx);
    accumulators.output(sums);
    return g;
  }

  private buildBlock(
    g: Graph,
    specs: readonly ParameterSpec[],
  ): { readonly x: Tensor; readonly y: Tensor; readonly trained: readonly [string, Tensor][] } {
    const { config } = this.parts;
    const w = weightInputs(g, specs);
    const x = g.input('x', this.shape);
    const y = block(config, x, w, layoutInputs(g, config, this.batch.rows, this.batch.length)).x;
    return { x, y, trained: trainedNames(specs).map((name) => [name, w(name)]) };
  }

  private backwardProgram(specs: readonly ParameterSpec[]): Promise<Program> {
    const key = `block backward ${this.batch.rows}x${this.batch.length} ${trainingKey(specs)}`;
    return this.parts.programs.get(key, () => this.backwardGraph(specs), [gradientPrefix, 'dy']);
  }

  private async blockGradient(layer: number, x: DeviceBuffer, dy: DeviceBuffer): Promise<DeviceBuffer> {
    const { backend, parameters } = this.parts;
    const specs = elementAt(this.blocks, layer);
    const program = await this.backwardProgram(specs);
    const inModel = (name: string): string => layerPrefix(layer) + name;
    const outputs = await execute(backend, program, (name) => {
      if (name === 'x') return x;
      if (name === 'dy') return dy;
      if (name.startsWith(gradientPrefix)) return parameters.gradient(inModel(name.slice(gradientPrefix.length)));
      return this.shared.get(name) ?? parameters.value(inModel(name));
    });
    replaceGradients(parameters, outputs, trainedNames(specs), inModel);
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

/** Parameters whose names begin with `prefix`, without it. */
const inBlock = (specs: readonly ParameterSpec[], prefix: string): ParameterSpec[] =>
  specs
    .filter(({ name }) => name.startsWith(prefix))
    .map((spec) => ({ ...spec, name: spec.name.slice(prefix.length) }));

const trainedNames = (specs: readonly ParameterSpec[]): string[] =>
  specs.filter(({ trainable }) => trainable).map(({ name }) => name);
