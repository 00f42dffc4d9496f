import type { GradedRollouts } from './loop.js';

/** Leaves groups out of an iteration, and has new problems sampled in their place. */
export interface GroupFilter {
  readonly name: string;
  /**
   * How often an iteration collects responses at most: at 1 groups are only left out, above it they are replaced by
   * groups of the next problems until the batch is full or the bound is reached.
   */
  readonly maxCollections: number;
  /**
   * Whether to train on a group: all responses to one problem with their results. Absent: every group is trained on.
   * Must be pure.
   */
  keeps?(group: GradedRollouts): boolean;
}
