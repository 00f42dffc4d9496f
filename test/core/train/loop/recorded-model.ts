import { LocalModel } from '../../../../core/compute/engine/local-model.js';
import { buildLoss, type ScoreTensors } from '../../../../core/compute/engine/loss-tensors.js';
import {
  isLossInput,
  lossInput,
  takeLoss,
  type ForwardPass,
  type LossSums,
  type Network,
  type PackedScores,
  type TrainingPass,
} from '../../../../core/compute/engine/network.js';
import { packedSize, type MicroBatch, type PackingLimits } from '../../../../core/compute/engine/packing.js';
import { Parameters as ModelParameters } from '../../../../core/compute/engine/parameters.js';
import { execute, ProgramCache, takeFloats, type Feed } from '../../../../core/compute/engine/programs.js';
import { tokenScores } from '../../../../core/compute/nn/decoder.js';
import { gradients } from '../../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../../core/compute/tensor/graph.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { Model, ModelRole, Sequence, TrainingSequence } from '../../../../core/contracts/model.js';
import { createRandom } from '../../../../core/random.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';

/** What a network would compute before its last operations, by response and token: logits, or one value. */
export type Outputs = readonly (readonly (readonly number[])[])[];

/** What an optimizer step was computed from, and what it computed. */
export interface RecordedUpdate {
  readonly members: readonly number[];
  readonly sequences: readonly TrainingSequence[];
  readonly loss: Loss;
  readonly value: number;
  /** By the outputs of the network, of every response of the batch; zeros for those not in the step. */
  readonly gradient: number[][][];
  readonly microBatches: number;
}

interface Member {
  readonly response: number;
  readonly promptLength: number;
}

/**
 * A network whose outputs are recorded numbers: its gradient is that by these. Where a response lies in a micro-batch
 * is worked out here anew.
 */
class RecordedNetwork implements Network {
  gradient: number[][][] = [];
  microBatches = 0;
  private outputs: Outputs = [];
  private members: readonly Member[] = [];

  constructor(
    private readonly backend: Backend,
    private readonly isCritic: boolean,
  ) {}

  /** For a pass over the sequences of these members, with a gradient of zero. */
  prepare(outputs: Outputs, members: readonly Member[]): void {
    this.outputs = outputs;
    this.members = members;
    this.gradient = outputs.map((response) => response.map((row) => row.map(() => 0)));
    this.microBatches = 0;
  }

  async forward(pass: ForwardPass): Promise<PackedScores> {
    const g = new Graph('recorded');
    for (const [name, score] of Object.entries(this.scores(g, this.leaf(g, pass.batch), pass))) g.output(name, score);
    const outputs = await execute(this.backend, await this.backend.compile(g, { label: 'recorded' }), this.feeds(pass));
    const scores: PackedScores = {};
    for (const name of Object.keys(outputs) as (keyof PackedScores)[])
      scores[name] = await takeFloats(this.backend, outputs, name);
    return scores;
  }

  async accumulate(pass: TrainingPass): Promise<LossSums> {
    const g = new Graph('recorded');
    const leaf = this.leaf(g, pass.batch);
    const [slope] = gradients(buildLoss(g, pass.loss, this.scores(g, leaf, pass), packedSize(pass.batch)), [leaf]);
    if (slope) g.output('gradient', slope);
    const feeds = this.feeds(pass);
    const { gradient, ...sums } = await execute(
      this.backend,
      await this.backend.compile(g, { label: 'recorded' }),
      (name) => (isLossInput(name) ? { data: lossInput(pass, name), shape: [packedSize(pass.batch)] } : feeds(name)),
    );
    if (gradient) this.add(pass.batch, await takeFloats(this.backend, { gradient }, 'gradient'));
    this.microBatches++;
    return takeLoss(this.backend, sums);
  }

  private get width(): number {
    return this.outputs[0]?.[0]?.length ?? 0;
  }

  private leaf(g: Graph, batch: MicroBatch): Tensor {
    return g.input('outputs', this.isCritic ? [packedSize(batch)] : [packedSize(batch), this.width]);
  }

  private scores(g: Graph, leaf: Tensor, { batch, temperature }: ForwardPass): ScoreTensors {
    if (this.isCritic) return { values: leaf };
    const { logprob, entropy } = tokenScores(leaf, g.input('targets', [packedSize(batch)], 'i32'), temperature);
    return { logprobs: logprob, entropy };
  }

  /** Positions without a prediction hold what no token has. */
  private feeds({ batch }: ForwardPass): (name: string) => Feed {
    const { width } = this,
      packed = new Float32Array(packedSize(batch) * width).fill(2);
    for (const [response, token, at] of this.predictions(batch))
      packed.set(this.outputs[response]![token]!, at * width);
    const shape = [packedSize(batch)];
    return (name) =>
      name === 'targets'
        ? { data: batch.targets, shape }
        : { data: packed, shape: this.isCritic ? shape : [...shape, width] };
  }

  private add(batch: MicroBatch, packed: Float32Array): void {
    for (const [response, token, at] of this.predictions(batch)) {
      const row = packed.subarray(at * this.width, (at + 1) * this.width);
      this.gradient[response]![token] = this.gradient[response]![token]!.map((sum, v) => sum + row[v]!);
    }
  }

  /** Response, token of it, and the packed index of the token before it. */
  private *predictions(batch: MicroBatch): Generator<readonly [number, number, number]> {
    for (const { sequence, row, offset } of batch.placements) {
      const { response, promptLength } = this.members[sequence]!;
      const first = row * batch.length + offset + promptLength - 1;
      for (const token of this.outputs[response]!.keys()) yield [response, token, first + token];
    }
  }
}

const noDecoder = {
  vocabSize: 1000,
  hiddenSize: 1,
  layers: 0,
  heads: 1,
  kvHeads: 1,
  headDim: 2,
  intermediateSize: 1,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  attentionBias: 'none',
  qkNorm: false,
  tieWordEmbeddings: false,
  maxPositions: 1000,
} as const;

export interface RecordedModelParts {
  readonly role: ModelRole;
  readonly backend: Backend;
  readonly limits: PackingLimits;
  /** When the batch was collected, and while it is trained on. */
  readonly outputs: { readonly old: Outputs; readonly current: Outputs };
}

/** The local model around recorded outputs, which keeps what each update was. Scores must be asked for first. */
export class RecordedModel implements Model {
  readonly role: ModelRole;
  readonly version = 0;
  readonly parameterCount = 0;
  readonly updates: RecordedUpdate[] = [];
  private readonly network: RecordedNetwork;
  private readonly local: LocalModel;
  private responses: readonly Int32Array[] = [];

  constructor(private readonly parts: RecordedModelParts) {
    const { role, backend, limits } = parts;
    this.role = role;
    this.network = new RecordedNetwork(backend, role === 'critic');
    this.local = new LocalModel({
      ...{ role, backend, limits, config: noDecoder, network: this.network, optimizer: createAdamW() },
      programs: new ProgramCache(backend),
      parameters: new ModelParameters(backend, { specs: [] }),
      rounding: createRandom(0).stream('rounding'),
    });
  }

  async forward(...[sequences, options]: Parameters<Model['forward']>): ReturnType<Model['forward']> {
    this.responses = sequences.map(({ tokens }) => tokens);
    this.network.prepare(this.parts.outputs.old, this.membersOf(sequences));
    return this.local.forward(sequences, options);
  }

  async accumulate(...[sequences, loss, options]: Parameters<Model['accumulate']>): ReturnType<Model['accumulate']> {
    const members = this.membersOf(sequences);
    this.network.prepare(this.parts.outputs.current, members);
    const report = await this.local.accumulate(sequences, loss, options);
    const { gradient, microBatches } = this.network;
    this.updates.push({
      ...{ sequences, loss, gradient, microBatches },
      members: members.map(({ response }) => response),
      value: report.loss,
    });
    return report;
  }

  step(): ReturnType<Model['step']> {
    return Promise.resolve({ gradNorm: 1, version: 0 });
  }

  private membersOf(sequences: readonly Sequence[]): Member[] {
    return sequences.map(({ tokens, promptLength }) => ({ response: this.responses.indexOf(tokens), promptLength }));
  }
}
