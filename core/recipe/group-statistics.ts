import { requireSameLength } from './check.js';
import { moments } from './whiten.js';

/** Rewards of the samples of one prompt. */
export interface GroupStatistics {
  /** Positions of the group's rollouts in the batch. */
  readonly members: readonly number[];
  readonly mean: number;
  /** Population standard deviation; exactly 0 when all rewards are equal, whatever rounding does to the mean. */
  readonly std: number;
}

/** Statistics of each group, keyed by group index in order of first appearance. `rewards` and `groups` are [B]. */
export function groupStatistics(rewards: ArrayLike<number>, groups: ArrayLike<number>): Map<number, GroupStatistics> {
  requireSameLength('groupStatistics', rewards, groups);
  const members = new Map<number, number[]>();
  for (let b = 0; b < groups.length; b++) {
    const known = members.get(groups[b]!);
    if (known) known.push(b);
    else members.set(groups[b]!, [b]);
  }
  return new Map([...members].map(([group, list]) => [group, statisticsOf(list, rewards)]));
}

function statisticsOf(members: readonly number[], rewards: ArrayLike<number>): GroupStatistics {
  const own = members.map((b) => rewards[b]!);
  if (own.every((reward) => reward === own[0])) return { members, mean: own[0]!, std: 0 };
  const { mean, variance } = moments([own]);
  return { members, mean, std: Math.sqrt(variance) };
}
