import { elementAt } from '../../arrays.js';
import type { DeviceBuffer, Program } from '../../contracts/backend.js';
import type { Loss } from '../../contracts/loss.js';
import type { Weights } from '../nn/decoder.js';
import { finalNormName, type ParameterSpec } from '../nn/parameters.js';
import { gradients } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { add, gatherRows, mul, scatterAddRows, sum } from '../tensor/ops.js';
import { noGradientFlow } from './errors.js';
import { GradientAccumulators, gradientPrefix, replaceGradients } from './gradient-accumulators.js';
import { evaluateLoss, tryLoss, type EvaluatedLoss } from './host-loss.js';
import { buildLoss, lossInputPrefix, lossKey, type ScoreName, type ScoreTensors } from './loss-tensors.js';
import {
  headScores,
  lossInput,
  outputWeightName,
  takeLoss,
  type ForwardPass,
  type LossInputs,
  type LossSums,
  type NetworkParts,
  type PackedScores,
  type TrainingPass,
} from './network.js';
import { packedSize, type MicroBatch } from './packing.js';
import { execute, outputOf, takeFloats, type Feed, type Outputs } from './programs.js';
import type { Scratch } from './scratch.js';
import { storageKey, trainingKey, weightInputs } from './stored-weights.js';

/**
 * Bytes that one chunk of logits may take: with a vocabulary of 151,936 tokens the logits of a micro-batch must never
 * exist at once.
 */
const logitBytes = 256 * 1024 * 1024;

/** Prediction indices of one chunk; `padded` fills it up with index 0, whose loss weight is 0 there. */
interface Chunk {
  readonly used: Int32Array;
  readonly padded: Int32Array;
}

interface HeadGradient {
  readonly dx: DeviceBuffer;
  readonly sums: LossSums;
}

/** The head of a large decoder on final states [N, D], in chunks of the tokens that are predicted. */
export class ChunkedHead {
  /** Tokens per chunk, a power of two. */
  private readonly size: number;
  private readonly sumsOverSequences = new WeakMap<Loss, boolean>();

  constructor(private readonly parts: NetworkParts) {
    const rows = parts.head === 'value' ? 4096 : logitBytes / (4 * parts.config.vocabSize);
    this.size = 2 ** Math.floor(Math.log2(Math.min(1024, Math.max(16, rows))));
  }

  async forward(pass: ForwardPass, x: DeviceBuffer): Promise<PackedScores> {
    const { backend } = this.parts;
    const { batch } = pass;
    const scores: PackedScores = {};
    for (const chunk of this.chunks(pass.predictionIndices)) {
      const program = await this.forwardProgram(batch, pass.temperature);
      const outputs = await execute(backend, program, (name) => this.feed(name, batch, x, chunk));
      for (const name of Object.keys(outputs) as (keyof PackedScores)[]) {
        const target = (scores[name] ??= new Float32Array(packedSize(batch)));
        const values = await takeFloats(backend, outputs, name);
        for (const [i, index] of chunk.used.entries()) target[index] = elementAt(values, i);
      }
    }
    return scores;
  }

  /**
   * Adds the gradients of the head's weights; returns the gradient of `x`, which `scratch` owns, and the sums of the
   * loss. A chunk does not hold whole sequences, so a loss that sums over sequences is evaluated and differentiated on
   * the host at the scores of all of them; the chunks then propagate its slopes, at the price of one more head forward.
   */
  async accumulate(pass: TrainingPass, x: DeviceBuffer, scratch: Scratch): Promise<HeadGradient> {
    if (!this.needsSequences(pass.loss)) return this.accumulateChunks(pass, x, scratch);
    const { lossInputs: input, sequence } = pass;
    const scores = await this.forward(pass, x);
    const { slopes, ...sums } = evaluateLoss(pass.loss, { tokens: packedSize(pass.batch), scores, input, sequence });
    const { dx } = await this.accumulateChunks({ ...pass, ...weighedScores(slopes, input) }, x, scratch);
    return { dx, sums };
  }

  /** Whether a loss sums over sequences; it is built for the answer once, not for every micro-batch. */
  private needsSequences(loss: Loss): boolean {
    const known = this.sumsOverSequences.get(loss);
    if (known !== undefined) return known;
    const names: readonly ScoreName[] = this.parts.head === 'value' ? ['values'] : ['logprobs', 'entropy'];
    const { sequences } = tryLoss(loss, names);
    this.sumsOverSequences.set(loss, sequences);
    return sequences;
  }

  private async accumulateChunks(pass: TrainingPass, x: DeviceBuffer, scratch: Scratch): Promise<HeadGradient> {
    const { backend } = this.parts;
    let dx = scratch.own(backend.create(x.shape, 'f32'));
    let loss = 0;
    const metrics: Record<string, number> = {};
    for (const chunk of this.chunks(pass.predictionIndices)) {
      const outputs = await this.chunkGradient(pass, chunk, x, dx);
      dx = scratch.own(outputOf(outputs, 'dx'));
      const sums = await takeLoss(backend, outputs);
      loss += sums.loss;
      for (const [name, value] of Object.entries(sums.metrics)) metrics[name] = (metrics[name] ?? 0) + value;
    }
    return { dx, sums: { loss, metrics } };
  }

  private *chunks(indices: Int32Array): Iterable<Chunk> {
    for (let start = 0; start < indices.length; start += this.size) {
      const used = indices.subarray(start, start + this.size);
      const padded = new Int32Array(this.size);
      padded.set(used);
      yield { used, padded };
    }
  }

  /** Scores of the chosen tokens; declares the inputs `x`, `index` and the weights. */
  private build(
    g: Graph,
    batch: MicroBatch,
    temperature: number,
  ): { readonly scores: ScoreTensors; readonly chosen: Tensor; readonly index: Tensor; readonly weights: Weights } {
    const { config, parameters } = this.parts;
    const weights = weightInputs(g, parameters.specs);
    const index = g.input('index', [this.size], 'i32');
    const chosen = gatherRows(g.input('x', [packedSize(batch), config.hiddenSize]), index);
    return { scores: headScores(this.parts, chosen, weights, temperature), chosen, index, weights };
  }

  private feed(name: string, batch: MicroBatch, x: DeviceBuffer, { padded }: Chunk): Feed {
    if (name === 'x') return x;
    if (name === 'index') return { data: padded, shape: [padded.length] };
    if (name === 'targets')
      return { data: padded.map((index) => elementAt(batch.targets, index)), shape: [padded.length] };
    return this.parts.parameters.value(name);
  }

  private forwardProgram(batch: MicroBatch, temperature: number): Promise<Program> {
    const { head, programs } = this.parts;
    const key = `${head} head ${this.size} of ${packedSize(batch)} t${temperature} ${storageKey(this.weights)}`;
    return programs.get(key, () => {
      const g = new Graph(key);
      for (const [name, t] of Object.entries(this.build(g, batch, temperature).scores)) g.output(name, t);
      return g;
    });
  }

  private async chunkGradient(pass: TrainingPass, chunk: Chunk, x: DeviceBuffer, dx: DeviceBuffer): Promise<Outputs> {
    const { backend, parameters } = this.parts;
    const program = await this.trainingProgram(pass);
    const outputs = await execute(backend, program, (name) => {
      if (name === 'dx') return dx;
      if (name.startsWith(lossInputPrefix)) return this.chunkValues(lossInput(pass, name), chunk);
      if (name.startsWith(gradientPrefix)) return parameters.gradient(name.slice(gradientPrefix.length));
      return this.feed(name, pass.batch, x, chunk);
    });
    replaceGradients(parameters, outputs, this.trainedNames());
    return outputs;
  }

  /** A loss input at the indices of a chunk, 0 in its padding. */
  private chunkValues(packed: ArrayLike<number>, { used }: Chunk): Feed {
    const data = new Float32Array(this.size);
    for (const [i, index] of used.entries()) data[i] = elementAt(packed, index);
    return { data, shape: [this.size] };
  }

  private trainingProgram({ batch, loss, temperature }: TrainingPass): Promise<Program> {
    const { config, head, programs } = this.parts;
    const sizes = `${this.size} of ${packedSize(batch)} t${temperature}`;
    const key = `${head} head training ${sizes} ${trainingKey(this.weights)} ${lossKey(loss)}`;
    const buildGraph = (): Graph => {
      const g = new Graph(key);
      const { scores, chosen, index, weights } = this.build(g, batch, temperature);
      const total = buildLoss(g, loss, scores, this.size);
      const accumulators = new GradientAccumulators(
        g,
        this.trainedNames().map((name) => [name, weights(name)]),
      );
      const [dChosen, ...sums] = gradients(total, [chosen, ...accumulators.weights], accumulators.into);
      if (!dChosen) throw noGradientFlow('x');
      const dx = g.input('dx', [packedSize(batch), config.hiddenSize]);
      g.output('dx', scatterAddRows(dx, index, dChosen));
      accumulators.output(sums);
      return g;
    };
    return programs.get(key, buildGraph, [gradientPrefix, 'dx']);
  }

  private get weights(): readonly ParameterSpec[] {
    const { config, head, parameters } = this.parts;
    const names = [finalNormName, outputWeightName(config, head)];
    return parameters.specs.filter(({ name }) => names.includes(name));
  }

  private trainedNames(): readonly string[] {
    return this.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
  }
}

/** Σ slope · score as a loss, and what it reads; the slopes are its controls, here a number per token. */
function weighedScores(slopes: EvaluatedLoss['slopes'], inputs: LossInputs): Pick<TrainingPass, 'loss' | 'lossInputs'> {
  const names = Object.keys(slopes) as ScoreName[];
  const rows = new Map(names.map((name) => [`control:${name}`, Float32Array.from(slopes[name] ?? [])]));
  const start = Object.fromEntries(names.map((name) => [name, 0]));
  return {
    loss: {
      name: 'weighed scores',
      settings: { scores: names.join() },
      controls: { start, next: (current) => current },
      build: (_g, t) => ({ loss: names.map((name) => sum(mul(t.control(name), t[name]))).reduce((a, b) => add(a, b)) }),
    },
    lossInputs: (name) => rows.get(name) ?? inputs(name),
  };
}
