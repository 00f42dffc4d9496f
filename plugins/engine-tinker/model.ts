import { elementAt, zip } from '../../core/arrays.js';
import { frozenModel, noGradients } from '../../core/compute/engine/errors.js';
import { tryLoss } from '../../core/compute/engine/host-loss.js';
import { checkSequences } from '../../core/compute/engine/packing.js';
import type { WeightVersion } from '../../core/contracts/data.js';
import type { Loss } from '../../core/contracts/loss.js';
import type {
  CallOptions,
  LossReport,
  Model,
  ModelRole,
  Sequence,
  StepOptions,
  StepReport,
  TokenScores,
  TrainingSequence,
} from '../../core/contracts/model.js';
import { gradNormMetric } from '../../core/tinker/extensions.js';
import { adamParams } from './adam.js';
import { has, type EngineContext } from './context.js';
import { planRows, rowReport, rowRequests } from './critic-rows.js';
import { gradientNotFinite, stepPending } from './errors.js';
import { checkInputs, entropyIn, reportOf, scoresIn } from './outputs.js';
import type { PassResult } from './transport/data-pass.js';
import type { RemoteModel } from './transport/model.js';
import { criticUpdate, forwardData, policyUpdate, reportAt, type CurrentScores, type Update } from './updates.js';

type PassOptions = CallOptions & { readonly temperature?: number };

/** One call of `accumulate`. */
interface Accumulation {
  readonly sequences: readonly TrainingSequence[];
  readonly loss: Loss;
  readonly options: PassOptions;
  readonly current: CurrentScores;
}

type OnOutputs = Exclude<Parameters<RemoteModel['forwardBackward']>[1]['onOutputs'], undefined>;

/**
 * A model at a server, which holds its weights, gradients and optimizer. It is made at the first use, so that one that
 * continues from a checkpoint is not made twice.
 */
export class TinkerModel implements Model {
  version: WeightVersion = 1;
  private made: Promise<RemoteModel> | undefined;
  /** Whether a gradient waits for a step. */
  private pending = false;

  constructor(
    private readonly context: EngineContext,
    readonly role: ModelRole,
    readonly parameterCount: number,
    /** Makes the model at the server, from a checkpoint if one is given. */
    private readonly make: (checkpoint?: string) => Promise<RemoteModel>,
  ) {}

  /** The model at the server. */
  remote(): Promise<RemoteModel> {
    this.made ??= this.make();
    return this.made;
  }

  /** Replaces what there is at the server by weights and optimizer of a checkpoint. */
  async restart(checkpoint: string, version: WeightVersion): Promise<void> {
    await this.unload();
    this.made = this.make(checkpoint);
    await this.made;
    this.version = version;
    this.pending = false;
  }

  async unload(): Promise<void> {
    const made = await this.made?.catch(() => undefined); // One that was never made needs no unloading.
    this.made = undefined;
    await made?.unload();
  }

  async forward(sequences: readonly Sequence[], options: PassOptions = {}): Promise<TokenScores[]> {
    this.check(sequences, options);
    if (sequences.length === 0) return [];
    const { role } = this;
    const name = role === 'critic' ? 'values' : 'logprobs';
    const remote = await this.remote();
    const { outputs } = await remote.forward(forwardData(this.context.kind, sequences), {
      lossFn: role === 'critic' ? 'ppo_critic' : 'cross_entropy',
      lossFnConfig: this.temperatureConfig(options),
      signal: options.signal,
      onOutputs: progressOf(options, sequences.length),
    });
    return Array.from(zip(outputs, sequences), ([output, sequence, index]) => ({
      [name]: scoresIn(output, name, { role, sequence, index }),
      ...entropyIn(output, sequence),
    }));
  }

  async accumulate(sequences: readonly TrainingSequence[], loss: Loss, options: PassOptions = {}): Promise<LossReport> {
    this.check(sequences, options);
    tryLoss(loss, [this.role === 'critic' ? 'values' : 'logprobs']);
    checkInputs(this.role, sequences);
    if (sequences.length === 0) return { loss: 0, metrics: {} };
    if (this.pending && this.isMean) throw stepPending(this.context.kind.name, this.role);
    this.pending = true;
    const current = async (): Promise<Float32Array[]> =>
      (await this.forward(sequences, options)).map(({ logprobs, values }) => logprobs ?? values ?? new Float32Array());
    const accumulation = { sequences, loss, options, current };
    if (this.role !== 'critic') return this.accumulatePolicy(accumulation);
    return this.isMean ? this.accumulateRows(accumulation) : this.accumulateCritic(accumulation);
  }

  async step({ learningRate, maxGradNorm }: StepOptions): Promise<StepReport> {
    if (this.role === 'reference') throw frozenModel();
    if (!this.pending) throw noGradients();
    this.pending = false;
    const remote = await this.remote();
    const metrics = await remote.optimStep(adamParams(this.context, { learningRate, maxGradNorm }));
    const norm = metrics[gradNormMetric];
    if (typeof norm !== 'number' || !Number.isFinite(norm)) throw gradientNotFinite(this.role, norm);
    this.version++;
    const isScaled = this.role === 'critic' && this.isMean;
    return { gradNorm: isScaled ? norm * this.context.settings.criticScale : norm, version: this.version };
  }

  private async accumulatePolicy({ sequences, loss, options, current }: Accumulation): Promise<LossReport> {
    const update = await policyUpdate(this.context.kind, loss, sequences, current);
    if (update.evaluated || has(this.context, 'loss-metrics')) {
      const unread = has(this.context, 'scores') ? { scores: 0 } : {};
      const config = { ...update.config, ...unread };
      const result = await this.send({ ...update, config }, options, progressOf(options, sequences.length));
      return update.evaluated ?? reportOf(result);
    }
    const { role } = this;
    const logprobs: Float32Array[] = [];
    const progress = progressOf(options, sequences.length);
    await this.send(update, options, (start, part) => {
      for (const [i, output] of part.entries()) {
        const index = start + i;
        logprobs[index] = scoresIn(output, 'logprobs', { role, sequence: elementAt(sequences, index), index });
      }
      progress(start, part);
    });
    return reportAt(loss, sequences, logprobs);
  }

  private async accumulateCritic({ sequences, loss, options, current }: Accumulation): Promise<LossReport> {
    const update = await criticUpdate(this.context.kind, loss, { sequences, factor: 1 }, current);
    const result = await this.send(update, options, progressOf(options, sequences.length));
    return update.evaluated ?? reportOf(result);
  }

  /** One request after another: the server would join those that wait, and count other rows. */
  private async accumulateRows({ sequences, loss, options, current }: Accumulation): Promise<LossReport> {
    const { kind, settings } = this.context;
    const plan = planRows(sequences, settings);
    const update = await criticUpdate(kind, loss, { sequences, factor: plan.factor }, current);
    const results: (PassResult & { readonly rows: number })[] = [];
    let done = 0;
    for (const data of rowRequests(update.data, settings)) {
      results.push({ ...(await this.send({ ...update, data }, options)), rows: data.length });
      options.onProgress?.(Math.min(1, (done += data.length) / sequences.length));
    }
    return update.evaluated ?? rowReport(results, plan, settings);
  }

  private async send({ lossFn, config, data }: Update, options: PassOptions, onOutputs?: OnOutputs) {
    const lossFnConfig = { ...config, ...this.temperatureConfig(options) };
    const remote = await this.remote();
    return remote.forwardBackward(data, {
      lossFn,
      lossFnConfig,
      signal: options.signal,
      ...(onOutputs && { onOutputs }),
    });
  }

  /** Only servers that divide logits by it are asked for any temperature but 1. */
  private temperatureConfig({ temperature = 1 }: PassOptions): Readonly<Record<string, number>> {
    return temperature === 1 || this.role === 'critic' ? {} : { temperature };
  }

  /** Whether the server takes a mean over all that comes until the step, so that everything must come at once. */
  private get isMean(): boolean {
    const { criticReduction, policyReduction } = this.context.kind;
    return this.role === 'critic' ? criticReduction === 'row-mean' : policyReduction === 'sequence-mean';
  }

  private check(sequences: readonly Sequence[], { signal }: CallOptions): void {
    signal?.throwIfAborted();
    checkSequences(sequences, this.context.config.vocabSize, this.context.config.maxPositions);
  }
}

/** Reports the share of sequences whose results are there. */
function progressOf({ onProgress }: CallOptions, count: number): OnOutputs {
  let done = 0;
  return (_, part) => onProgress?.((done += part.length) / count);
}
