/**
 * The data that flows through one iteration. Shape letters: P prompts, G samples per prompt, B rollouts, T response
 * tokens.
 */

/** One question with its gold answer, as a problem source yields it. */
export interface Problem {
  /** Unique within its source, for example `arithmetic/00042`. */
  readonly id: string;
  readonly prompt: string;
  /** The gold answer as text, for example `\frac{1}{2}`. */
  readonly answer: string;
}

/** Why a completion ended: end-of-text id or stop string, or the length limit. */
export type StopReason = 'stop' | 'length';

/** Counts weight updates of one model; a completion carries the version of the weights that made it. */
export type WeightVersion = number;

/** One sampled response to one problem. Token ids are exactly those the sampler produced; nothing is re-tokenised. */
export interface Rollout {
  /** Unique within an iteration: `problem index × G + sample index`. */
  readonly index: number;
  readonly problem: Problem;
  readonly promptTokens: Int32Array;
  /** [T], the stop token (if a token ended it) included. */
  readonly responseTokens: Int32Array;
  /**
   * [T] log-probability of each response token under the sampler's weights, full distribution at the sampling
   * temperature.
   */
  readonly samplerLogprobs: Float32Array;
  /** The response as text, stop string included, special tokens included. */
  readonly text: string;
  readonly stopReason: StopReason;
  readonly weightVersion: WeightVersion;
}

export const verdicts = ['correct', 'wrong', 'no-answer', 'truncated', 'timeout', 'undecidable'] as const;
export type Verdict = (typeof verdicts)[number];

/** What a reward says about one rollout. */
export interface RewardResult {
  /** The scalar reward; the ORZ recipe uses 0 and 1. Must be finite. */
  readonly value: number;
  readonly verdict: Verdict;
  /** The answer extracted from the response, if there was one. */
  readonly answer?: string;
  /** Which rule decided, and anything else worth showing; plain JSON. */
  readonly detail?: Readonly<Record<string, unknown>>;
}
