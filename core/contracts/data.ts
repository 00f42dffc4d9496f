/**
 * The data that flows through one iteration. Shape letters: P prompts, G samples per prompt, B rollouts, T response
 * tokens of the policy.
 */

/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One question with its gold answer, as a problem source yields it. */
export interface Problem {
  /** Unique within its source, for example `arithmetic/00042`. */
  readonly id: string;
  readonly prompt: string;
  /** The gold answer as text, for example `\frac{1}{2}`. */
  readonly answer: string;
  /** What else the source knows of it, such as a level or test cases; for template, reward, advantage, environment. */
  readonly metadata?: Readonly<Record<string, JsonValue>>;
}

/** Why a completion ended: end-of-text id or stop string, or the length limit. */
export type StopReason = 'stop' | 'length';

/** Counts weight updates of one model; a completion carries the version of the weights that made it. */
export type WeightVersion = number;

/** Neighbouring tokens of a response that have one source. */
export interface Segment {
  readonly source: 'policy' | 'environment';
  /** Tokens; at least 1. */
  readonly length: number;
}

/** A reward on the way, on the last token of a turn: `token` counts the tokens of the policy from 0. */
export interface StepReward {
  readonly token: number;
  readonly reward: number;
}

/**
 * One sampled response to one problem. Token ids are exactly those the sampler produced; nothing is re-tokenised. With
 * an environment the response also holds what the environment wrote; every array per token has one entry for each token
 * of the policy and none for those.
 */
export interface Rollout {
  /** Unique within an iteration: `problem index × G + sample index`. */
  readonly index: number;
  readonly problem: Problem;
  readonly promptTokens: Int32Array;
  /** Everything after the prompt, the stop token (if a token ended it) included. */
  readonly responseTokens: Int32Array;
  /**
   * Who wrote the response tokens, in order; the lengths add up to their number. Each turn of the policy is a segment;
   * without an environment there is one.
   */
  readonly segments: readonly Segment[];
  /**
   * [T] log-probability of each token of the policy under the sampler's weights, full distribution at the sampling
   * temperature.
   */
  readonly samplerLogprobs: Float32Array;
  /** What the environment gave on the way, in order; absent if it gave nothing. */
  readonly stepRewards?: readonly StepReward[];
  /** The response as text, stop string included, special tokens included. */
  readonly text: string;
  readonly stopReason: StopReason;
  readonly weightVersion: WeightVersion;
}

export const verdicts = ['correct', 'wrong', 'no-answer', 'truncated', 'timeout', 'undecidable'] as const;
export type Verdict = (typeof verdicts)[number];

/** What a reward says about one rollout. */
export interface RewardResult {
  /** The scalar reward, of an environment's steps too; the ORZ recipe uses 0 and 1. Must be finite. */
  readonly value: number;
  readonly verdict: Verdict;
  /** The answer extracted from the response, if there was one. */
  readonly answer?: string;
  /** Which rule decided, and anything else worth showing; plain JSON. */
  readonly detail?: Readonly<Record<string, unknown>>;
}
