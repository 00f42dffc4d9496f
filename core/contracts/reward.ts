import type { Problem, RewardResult, Rollout } from './data.js';

/** What a reward sees of a rollout; plain data, so that it can be graded in a worker or another process. */
export type GradableRollout = Pick<Rollout, 'index' | 'problem' | 'text' | 'stopReason'> & {
  /** Tokens of the policy. */
  readonly responseLength: number;
};

/**
 * Scores rollouts. `grade` gets all G rollouts of one problem together, so that group rewards (a judge, a ranking) fit;
 * it returns one result per rollout in the same order. Whatever text a model wrote, `grade` must not throw for it.
 */
export interface Reward {
  readonly name: string;
  /**
   * Whether a result never depends on the other rollouts of the group: then each may be graded, and given up, on its
   * own.
   */
  readonly independent?: boolean;
  grade(group: readonly GradableRollout[]): Promise<readonly RewardResult[]> | readonly RewardResult[];
  /**
   * Whether a correct response could ever be graded as correct, asked once per problem before training. Absent: every
   * answer is accepted. Must not throw, whatever the problem holds.
   */
  checkAnswer?(problem: Problem): Promise<AnswerCheck> | AnswerCheck;
}

/** A reward's judgement of a gold answer. */
export type AnswerCheck =
  | { readonly gradable: true }
  | { readonly gradable: false; /** In a few words, for reports. */ readonly reason: string };

/**
 * A reward as a plugin provides it: a module that the worker pool imports, so user code and the verifier run off the
 * training thread. The module exports `createReward(settings)`; it may be the plugin's own file.
 */
export interface RewardModule {
  /** Absolute URL of a module that exports a {@link RewardFactory}. */
  readonly moduleUrl: string;
  /** Name of that export; `default` if absent. */
  readonly exportName?: string;
  /** Structured-cloneable settings handed to the factory in the worker. */
  readonly settings: unknown;
}

export type RewardFactory = (settings: unknown) => Reward | Promise<Reward>;
