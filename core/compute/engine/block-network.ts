import type { Backend, DeviceBuffer, Program } from '../../contracts/backend.js';
import type { Loss } from '../../contracts/loss.js';
import { block, embed, languageHead, tokenScores, valueHead } from '../nn/decoder.js';
import { blockParameters, embeddingName, finalNormName, layerPrefix } from '../nn/parameters.js';
import { gradients, vectorJacobian } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { gatherRows, scatterAddRows } from '../tensor/ops.js';
import { buildLoss, lossInputPrefix, lossKey, type Computed } from './loss-tensors.js';
import {
  layoutFeeds,
  layoutInputs,
  lossFeed,
  outputWeightName,
  readLoss,
  shapesOf,
  weightInputs,
  type LossInputs,
  type LossSums,
  type Network,
  type NetworkParts,
  type PlaceScores,
} from './network.js';
import type { MicroBatch } from './packing.js';
import { run, take, type Feed } from './programs.js';

const gradientPrefix = 'gradient/';
/** Bytes that one chunk of logits may take: with 151,936 tokens the logits of a micro-batch must never exist at once. */
const logitBytes = 256 * 1024 * 1024;

type Resident = Record<string, DeviceBuffer>;

/**
 * A large decoder block by block. One compiled program serves all layers; only the states at block borders are kept, and
 * the backward program computes the inside of its block again (gradient checkpointing at block grain). The head runs on
 * chunks of the places that matter.
 */
export class BlockNetwork implements Network {
  private readonly chunk: number;

  constructor(private readonly parts: NetworkParts) {
    const rows = parts.head === 'value' ? 4096 : logitBytes / (4 * parts.config.vocabSize);
    this.chunk = 2 ** Math.floor(Math.log2(Math.min(1024, Math.max(16, rows))));
  }

  forward(batch: MicroBatch, places: Int32Array, temperature: number): Promise<PlaceScores> {
    return this.withScratch(async (scratch) => {
      const resident = this.upload(batch, scratch);
      const [x] = await this.blocks(batch, resident, scratch, false);
      const scores: PlaceScores = {};
      for (const index of this.chunks(places)) {
        const program = await this.headProgram(batch, index.padded.length, temperature);
        const outputs = await run(this.parts.backend, program, (name) => this.headFeed(name, batch, x!, index.padded));
        for (const [name, buffer] of Object.entries(outputs)) {
          const target = (scores[name as keyof PlaceScores] ??= new Float32Array(batch.rows * batch.length));
          const values = (await take(this.parts.backend, buffer)) as Float32Array;
          index.used.forEach((place, i) => {
            target[place] = values[i]!;
          });
        }
      }
      return scores;
    });
  }

  accumulate(
    batch: MicroBatch,
    places: Int32Array,
    perPlace: LossInputs,
    loss: Loss,
    temperature: number,
  ): Promise<LossSums> {
    const { backend, config } = this.parts;
    return this.withScratch(async (scratch) => {
      const resident = this.upload(batch, scratch);
      const borders = await this.blocks(batch, resident, scratch, true);
      let dx = scratch.hold(backend.create([batch.rows * batch.length, config.hiddenSize], 'f32'));
      const total: { loss: number; metrics: Record<string, number> } = { loss: 0, metrics: {} };
      for (const index of this.chunks(places)) {
        const outputs = await this.headGradient(batch, index, { x: borders.at(-1)!, dx, perPlace, loss, temperature });
        dx = scratch.hold(outputs['dx']!);
        const sums = await readLoss(backend, outputs);
        total.loss += sums.loss;
        for (const [name, value] of Object.entries(sums.metrics))
          total.metrics[name] = (total.metrics[name] ?? 0) + value;
      }
      scratch.release(borders.pop()!);
      for (let layer = config.layers - 1; layer >= 0; layer--) {
        const x = borders.pop()!;
        dx = scratch.hold(await this.blockGradient(batch, resident, layer, x, dx));
        scratch.release(x);
      }
      await this.addEmbeddingGradient(batch, resident, dx);
      return total;
    });
  }

  /** Frees whatever the call holds at its end, also when it fails: one micro-batch of a large model fills much of a device. */
  private async withScratch<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
    const scratch = new Scratch(this.parts.backend);
    try {
      return await use(scratch);
    } finally {
      scratch.dispose();
    }
  }

  private upload(batch: MicroBatch, scratch: Scratch): Resident {
    const { backend } = this.parts;
    const resident: Resident = { tokens: scratch.hold(backend.create([batch.tokens.length], 'i32', batch.tokens)) };
    for (const [name, feed] of Object.entries(layoutFeeds(this.parts, batch))) {
      if (!('alive' in feed))
        resident[name] = scratch.hold(backend.create(feed.shape, name === 'starts' ? 'i32' : 'f32', feed.data));
    }
    return resident;
  }

  /** States after the embedding and after every block, or only the last ones. */
  private async blocks(
    batch: MicroBatch,
    resident: Resident,
    scratch: Scratch,
    keep: boolean,
  ): Promise<DeviceBuffer[]> {
    const { backend, config, parameters, programs } = this.parts;
    const places = batch.rows * batch.length;
    const start = await programs.get(`embed ${places}`, () => {
      const g = new Graph('embed');
      g.output(
        'x',
        embed(g.input('tokens', [places], 'i32'), g.input(embeddingName, [config.vocabSize, config.hiddenSize])),
      );
      return g;
    });
    const borders = [
      scratch.hold((await run(backend, start, (name) => resident[name] ?? parameters.value(name)))['x']!),
    ];
    const program = await programs.get(`block forward ${batch.rows}x${batch.length}`, () =>
      this.blockGraph(batch, false),
    );
    for (let layer = 0; layer < config.layers; layer++) {
      const x = borders.at(-1)!;
      const outputs = await run(backend, program, (name) =>
        name === 'x' ? x : (resident[name] ?? parameters.value(layerPrefix(layer) + name)),
      );
      borders.push(scratch.hold(outputs['y']!));
      if (!keep) scratch.release(borders.shift()!);
    }
    return borders;
  }

  private blockGraph(batch: MicroBatch, backward: boolean): Graph {
    const { config } = this.parts;
    const g = new Graph(backward ? 'block backward' : 'block forward');
    const shape = [batch.rows * batch.length, config.hiddenSize];
    const specs = blockParameters(config);
    const w = weightInputs(g, new Map(specs.map((s) => [s.name, s.shape])));
    const x = g.input('x', shape);
    const y = block(config, x, w, layoutInputs(g, config, batch.rows, batch.length)).x;
    if (!backward) {
      g.output('y', y);
      return g;
    }
    const weights = specs.map((s) => w(s.name));
    const into = new Map<Tensor, Tensor>(specs.map((s, i) => [weights[i]!, g.input(gradientPrefix + s.name, s.shape)]));
    const [dx, ...rest] = vectorJacobian([[y, g.input('dy', shape)]], [x, ...weights], into);
    g.output('dx', dx!);
    specs.forEach((s, i) => g.output(gradientPrefix + s.name, rest[i]!));
    return g;
  }

  private async blockGradient(
    batch: MicroBatch,
    resident: Resident,
    layer: number,
    x: DeviceBuffer,
    dy: DeviceBuffer,
  ): Promise<DeviceBuffer> {
    const { backend, config, parameters, programs } = this.parts;
    const program = await programs.get(
      `block backward ${batch.rows}x${batch.length}`,
      () => this.blockGraph(batch, true),
      [gradientPrefix, 'dy'],
    );
    const name = (local: string): string => layerPrefix(layer) + local;
    const outputs = await run(backend, program, (input) =>
      input === 'x'
        ? x
        : input === 'dy'
          ? dy
          : input.startsWith(gradientPrefix)
            ? parameters.gradient(name(input.slice(gradientPrefix.length)))
            : (resident[input] ?? parameters.value(name(input))),
    );
    for (const spec of blockParameters(config))
      parameters.replaceGradient(name(spec.name), outputs[gradientPrefix + spec.name]!);
    return outputs['dx']!;
  }

  /** Prediction places in chunks of one size; the last is padded with place 0, whose weight is 0 there. */
  private *chunks(places: Int32Array): Iterable<{ used: Int32Array; padded: Int32Array }> {
    for (let start = 0; start < places.length; start += this.chunk) {
      const used = places.subarray(start, start + this.chunk);
      const padded = new Int32Array(this.chunk);
      padded.set(used);
      yield { used, padded };
    }
  }

  private headScores(
    g: Graph,
    batch: MicroBatch,
    size: number,
    temperature: number,
  ): { computed: Computed; chosen: Tensor; index: Tensor } {
    const { config, head, parameters } = this.parts;
    const w = weightInputs(g, shapesOf(parameters));
    const index = g.input('index', [size], 'i32');
    const chosen = gatherRows(g.input('x', [batch.rows * batch.length, config.hiddenSize]), index);
    const norm = w(finalNormName),
      output = w(outputWeightName(config, head));
    if (head === 'value') return { computed: { values: valueHead(config, chosen, norm, output) }, chosen, index };
    const { logprob, entropy } = tokenScores(
      languageHead(config, chosen, norm, output),
      g.input('targets', [size], 'i32'),
      temperature,
    );
    return { computed: { logprobs: logprob, entropy }, chosen, index };
  }

  private headFeed(name: string, batch: MicroBatch, x: DeviceBuffer, index: Int32Array): Feed {
    if (name === 'x') return x;
    if (name === 'index') return { data: index, shape: [index.length] };
    if (name === 'targets') return { data: index.map((place) => batch.targets[place]!), shape: [index.length] };
    return this.parts.parameters.value(name);
  }

  private headProgram(batch: MicroBatch, size: number, temperature: number): Promise<Program> {
    const key = `${this.parts.head} head ${size} of ${batch.rows * batch.length} t${temperature}`;
    return this.parts.programs.get(key, () => {
      const g = new Graph(key);
      for (const [name, t] of Object.entries(this.headScores(g, batch, size, temperature).computed)) g.output(name, t);
      return g;
    });
  }

  private async headGradient(
    batch: MicroBatch,
    index: { used: Int32Array; padded: Int32Array },
    t: { x: DeviceBuffer; dx: DeviceBuffer; perPlace: LossInputs; loss: Loss; temperature: number },
  ): Promise<Record<string, DeviceBuffer>> {
    const { backend, config, head, parameters, programs } = this.parts;
    const names = [finalNormName, outputWeightName(config, head)];
    const key = `${head} head training ${this.chunk} of ${batch.rows * batch.length} t${t.temperature} ${lossKey(t.loss)}`;
    const program = await programs.get(key, () => this.headGradientGraph(key, batch, t.loss, t.temperature, names), [
      gradientPrefix,
      'dx',
    ]);
    const select = (values: Float32Array): Float32Array => {
      const chosen = new Float32Array(this.chunk);
      index.used.forEach((place, i) => {
        chosen[i] = values[place]!;
      });
      return chosen;
    };
    const outputs = await run(backend, program, (name) =>
      name.startsWith(lossInputPrefix)
        ? lossFeed(t.perPlace, t.loss, name, select)
        : name.startsWith(gradientPrefix)
          ? parameters.gradient(name.slice(gradientPrefix.length))
          : name === 'dx'
            ? t.dx
            : this.headFeed(name, batch, t.x, index.padded),
    );
    for (const name of names) parameters.replaceGradient(name, outputs[gradientPrefix + name]!);
    return outputs;
  }

  private headGradientGraph(
    key: string,
    batch: MicroBatch,
    loss: Loss,
    temperature: number,
    names: readonly string[],
  ): Graph {
    const g = new Graph(key);
    const { computed, chosen, index } = this.headScores(g, batch, this.chunk, temperature);
    const total = buildLoss(g, loss, computed, this.chunk);
    const weights = names.map((name) => g.inputs.get(name)!);
    const into = new Map(names.map((name, i) => [weights[i]!, g.input(gradientPrefix + name, weights[i]!.shape)]));
    const [dChosen, ...rest] = gradients(total, [chosen, ...weights], into);
    const dx = g.input('dx', [batch.rows * batch.length, this.parts.config.hiddenSize]);
    g.output('dx', scatterAddRows(dx, index, dChosen!));
    names.forEach((name, i) => g.output(gradientPrefix + name, rest[i]!));
    return g;
  }

  private async addEmbeddingGradient(batch: MicroBatch, resident: Resident, dx: DeviceBuffer): Promise<void> {
    const { backend, config, parameters, programs } = this.parts;
    const places = batch.rows * batch.length,
      gradientName = gradientPrefix + embeddingName;
    const program = await programs.get(
      `embedding gradient ${places}`,
      () => {
        const g = new Graph('embedding gradient');
        const base = g.input(gradientName, [config.vocabSize, config.hiddenSize]);
        g.output(
          gradientName,
          scatterAddRows(base, g.input('tokens', [places], 'i32'), g.input('dx', [places, config.hiddenSize])),
        );
        return g;
      },
      [gradientPrefix, 'dx'],
    );
    const outputs = await run(backend, program, (name) =>
      name === 'dx' ? dx : name === 'tokens' ? resident['tokens']! : parameters.gradient(embeddingName),
    );
    parameters.replaceGradient(embeddingName, outputs[gradientName]!);
  }
}

/** The buffers of one call; those still alive at its end are freed together. */
class Scratch {
  private readonly held = new Set<DeviceBuffer>();

  constructor(private readonly backend: Backend) {}

  hold(buffer: DeviceBuffer): DeviceBuffer {
    this.held.add(buffer);
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.held.delete(buffer);
    this.backend.release(buffer);
  }

  dispose(): void {
    for (const buffer of this.held) if (buffer.alive) this.backend.release(buffer);
  }
}
