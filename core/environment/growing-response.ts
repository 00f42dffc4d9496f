import { lastOf } from '../arrays.js';
import type { Problem, Rollout, Segment, StepReward, StopReason } from '../contracts/data.js';
import type { Action } from '../contracts/environment.js';
import type { Completion } from '../contracts/sampler.js';

/** What an environment wrote, as the model reads it. */
export interface ObservedText {
  readonly text: string;
  readonly tokens: Int32Array;
}

/** A response that the policy and an environment write in turns. */
export class GrowingResponse {
  readonly actions: Action[] = [];
  private readonly segments: Segment[] = [];
  private readonly parts: Int32Array[] = [];
  private readonly logprobs: Float32Array[] = [];
  private readonly rewards: StepReward[] = [];
  private text = '';
  private weightVersion = Infinity;

  constructor(
    /** Of the rollout. */
    readonly index: number,
    readonly problem: Problem,
    private readonly promptTokens: Int32Array,
  ) {}

  /** Tokens so far. */
  get length(): number {
    return total(this.parts);
  }

  /** Everything so far, from which the policy continues. */
  get context(): Int32Array {
    return joined(Int32Array, [this.promptTokens, ...this.parts]);
  }

  /** What the environment wrote; nothing leaves no segment. */
  observe({ tokens, text }: ObservedText): void {
    if (tokens.length === 0) return;
    this.parts.push(tokens);
    this.segments.push({ source: 'environment', length: tokens.length });
    this.text += text;
  }

  /** One turn of the policy, exactly as it was sampled. */
  draw({ tokens, logprobs, text, stopReason, weightVersion }: Completion): void {
    this.parts.push(tokens);
    this.segments.push({ source: 'policy', length: tokens.length });
    this.logprobs.push(logprobs);
    this.text += text;
    this.actions.push({ text, stopReason });
    // The oldest weights decide whether a response is fresh.
    this.weightVersion = Math.min(this.weightVersion, weightVersion);
  }

  /** Puts a reward on the last token of the policy. */
  reward(reward: number): void {
    this.rewards.push({ token: total(this.logprobs) - 1, reward });
  }

  complete(stopReason: StopReason): Rollout {
    return {
      index: this.index,
      problem: this.problem,
      promptTokens: this.promptTokens,
      responseTokens: joined(Int32Array, this.parts),
      segments: this.segments,
      samplerLogprobs: joined(Float32Array, this.logprobs),
      ...(this.rewards.length > 0 && { stepRewards: this.rewards }),
      text: this.text,
      stopReason,
      weightVersion: this.weightVersion,
    };
  }

  /** How the last turn ended. */
  get lastStop(): StopReason {
    return lastOf(this.actions).stopReason;
  }
}

const total = (rows: readonly ArrayLike<number>[]): number => rows.reduce((sum, { length }) => sum + length, 0);

function joined<T extends Int32Array | Float32Array>(type: new (length: number) => T, rows: readonly T[]): T {
  const whole = new type(total(rows));
  let offset = 0;
  for (const row of rows) {
    whole.set(row, offset);
    offset += row.length;
  }
  return whole;
}
