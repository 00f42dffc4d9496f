import type { Problem, StopReason, Verdict } from './data.js';

/** What shaping sees of a graded response. */
export interface GradedResponse {
  readonly problem: Problem;
  /** In tokens of the response, those of an environment included: what `maxResponseTokens` bounds. */
  readonly length: number;
  readonly stopReason: StopReason;
  readonly verdict: Verdict;
  /** What the reward gave. */
  readonly reward: number;
}

export interface ShapedReward {
  /** What is trained on in place of the graded reward; finite. */
  readonly reward: number;
  /** Whether the response is in the losses and in whitening; false leaves all its tokens out. */
  readonly inLoss: boolean;
}

/**
 * Changes rewards between grading and advantages, or leaves responses out of the losses. The metric `reward` and
 * evaluations stay with what was graded.
 */
export interface RewardShaping {
  readonly name: string;
  /** One result per response, in order. Absent: rewards as graded, all responses in the losses. Must be pure. */
  shape?(responses: readonly GradedResponse[], limits: { readonly maxResponseTokens: number }): readonly ShapedReward[];
}
