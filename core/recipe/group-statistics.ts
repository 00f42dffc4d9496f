import { elementAt } from '../arrays.js';
import { requireSameLength } from './check.js';
import { moments } from './whiten.js';

/** Rewards of the samples of one prompt. */
export interface GroupStatistics {
  /** Indices of the group's rollouts in the batch. */
  readonly members: readonly number[];
  readonly mean: number;
  /** Population standard deviation; exactly 0 when all rewards are equal, whatever rounding does to the mean. */
  readonly std: number;
}

/** Statistics of each group, keyed by group index in order of first appearance. `rewards` and `groups` are [B]. */
export function groupStatistics(rewards: ArrayLike<number>, groups: ArrayLike<number>): Map<number, GroupStatistics> {
  requireSameLength('groupStatistics', rewards, groups);
  const members = new Map<number, number[]>();
  for (const [b, group] of Array.from(groups).entries()) {
    const known = members.get(group);
    if (known) known.push(b);
    else members.set(group, [b]);
  }
  return new Map([...members].map(([group, list]) => [group, statisticsOf(list, rewards)]));
}

function statisticsOf(members: readonly number[], rewards: ArrayLike<number>): GroupStatistics {
  const own = members.map((b) => elementAt(rewards, b));
  const first = elementAt(own, 0);
  if (own.every((reward) => reward === first)) return { members, mean: first, std: 0 };
  const { mean, variance } = moments([own]);
  return { members, mean, std: Math.sqrt(variance) };
}
