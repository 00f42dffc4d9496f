import { zip } from '../../core/arrays.js';
import type { LocalModel } from '../../core/compute/engine/local-model.js';
import type { LoraSettings } from '../../core/compute/nn/lora.js';
import type { Loss } from '../../core/contracts/loss.js';
import type { Sequence, TokenScores, TrainingSequence } from '../../core/contracts/model.js';
import type { ForwardBackwardOutput } from '../../core/tinker/protobuf.js';
import type { WireArray } from '../../core/tinker/wire-arrays.js';
import { Refusal } from '../reward-server/refusal.js';
import { Gradient, type StepRequest } from './gradient.js';
import { Repeats } from './repeats.js';
import { RequestOrder } from './request-order.js';
import type { KeptWeights, WeightStore } from './weights.js';

export type ServedRole = 'policy' | 'critic' | 'reference';

/** What `create_model` asks for. */
export interface ModelSpec {
  readonly role: ServedRole;
  /** Absent if all parameters are trained. */
  readonly lora: LoraSettings | undefined;
  /** For the numbers that are drawn at the start: adapters, and the value head of a critic. */
  readonly seed: number | undefined;
  /** Among the models of its session. */
  readonly number: number | undefined;
}

export interface Pass {
  readonly temperature: number;
  readonly signal: AbortSignal;
}

export interface TrainingPass extends Pass {
  readonly lossName: string;
  readonly loss: Loss;
  readonly isSequenceMean: boolean;
  /** Whether the log-probabilities of a policy are part of the result, which takes a forward pass of its own. */
  readonly wantsScores: boolean;
}

/** How long the requests of a model wait for one that was sent before them, which may be large, and does not come. */
const gapPatienceMs = 60_000;

/**
 * A model of a client: in which order its requests come, what of a gradient was added up, and who samples from its
 * weights. Everything that returns a promise must be called while no other job runs on the device.
 */
export class ServedModel {
  readonly order: RequestOrder;
  readonly repeats = new Repeats<object>();
  private made: { readonly local: LocalModel; readonly gradient: Gradient } | undefined;
  /** The weights as they are now, if somebody samples from them. */
  private live: KeptWeights | undefined;

  constructor(
    readonly id: string,
    readonly session: string,
    readonly spec: ModelSpec,
    private readonly store: WeightStore,
  ) {
    this.order = new RequestOrder(gapPatienceMs, (missing) =>
      this.made?.gradient.spoil(`request ${missing} never came`),
    );
  }

  /** Absent until the model was made, and after it was unloaded. */
  get local(): LocalModel | undefined {
    return this.made?.local;
  }

  /** Gives the model what was made for it. */
  begin(local: LocalModel): void {
    this.made = { local, gradient: new Gradient(local) };
  }

  /** Throws a {@link Refusal} if the model was not made, or was unloaded. */
  require(): LocalModel {
    return this.parts().local;
  }

  async forward(sequences: readonly Sequence[], pass: Pass): Promise<TokenScores[]> {
    return this.require().forward(sequences, pass);
  }

  /** Adds a gradient. The log-probabilities are those of the weights before the step, as for every policy. */
  async forwardBackward(sequences: readonly TrainingSequence[], pass: TrainingPass): Promise<ForwardBackwardOutput> {
    const { gradient } = this.parts();
    const hasScores = this.spec.role === 'policy' && pass.wantsScores;
    const scores = hasScores ? await this.scoresFirst(sequences, pass) : [];
    const { loss, metrics } = await gradient.add(sequences, pass);
    const outputs = hasScores ? tokenOutputs(pass.lossName, sequences, scores) : sequences.map(() => ({}));
    const own = Object.entries(metrics).map(([name, value]): [string, number] => [`${name}:sum`, value]);
    const all: Record<string, number> = { 'loss:sum': loss, ...Object.fromEntries(own) };
    return { type: outputType(pass.lossName), outputs, metrics: all };
  }

  /** One step of the optimizer. */
  async step(request: StepRequest): Promise<{ readonly gradNorm: number }> {
    const { gradient } = this.parts();
    await this.detach();
    return gradient.step(request);
  }

  /** Weights for sampling sessions: those that the model has now, also after it has learnt more. */
  share(): KeptWeights {
    this.live ??= this.store.keep(this.require());
    return this.live;
  }

  /** Before other weights are loaded. */
  async replaceable(): Promise<LocalModel> {
    const { local, gradient } = this.parts();
    if (this.spec.role === 'reference') throw new Refusal(400, 'the reference model is frozen');
    await this.detach();
    gradient.drop();
    return local;
  }

  /** Leaves its weights to those who sample from them; returns the model if there are none, to be freed. */
  unload(): LocalModel | undefined {
    this.order.close();
    const local = this.made?.local;
    const { live } = this;
    this.made = undefined;
    this.live = undefined;
    if (local === undefined || this.spec.role === 'reference') return undefined;
    if (live === undefined || live.users === 0) return local;
    local.parameters.clearGradients();
    local.tensors.resetOptimizer();
    live.adopt();
    return undefined;
  }

  private parts() {
    if (this.made === undefined) throw new Refusal(400, `model ${this.id} is not loaded: it failed, or was unloaded`);
    return this.made;
  }

  private async detach(): Promise<void> {
    const { live } = this;
    this.live = undefined;
    if (live !== undefined && live.users > 0) await live.detach();
  }

  /** A gradient that cannot be computed must not leave a part of it behind, so a failure here spoils it as well. */
  private async scoresFirst(sequences: readonly Sequence[], pass: Pass): Promise<TokenScores[]> {
    try {
      return await this.forward(sequences, pass);
    } catch (error) {
      this.made?.gradient.spoil(`a forward_backward since the last step failed: ${(error as Error).message}`);
      throw error;
    }
  }
}

/** How SDKs name the form of the outputs. */
export const outputType = (loss: string): string =>
  loss === 'cross_entropy' ? 'CrossEntropyLossReturn' : 'ArrayRecord';

/** Arrays per token of each datum; the loss of a token only for the loss that knows it without more inputs. */
export function tokenOutputs(
  loss: string,
  sequences: readonly (Sequence & { readonly weights?: Float32Array })[],
  scores: readonly TokenScores[],
): Record<string, WireArray>[] {
  return [...zip(sequences, scores)].map(([{ weights }, { logprobs = new Float32Array(), values }]) => {
    if (values !== undefined) return { values };
    if (loss !== 'cross_entropy') return { logprobs };
    return { logprobs, elementwise_loss: logprobs.map((logprob, t) => -(weights?.[t] ?? 1) * logprob) };
  });
}
