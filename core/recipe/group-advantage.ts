import { elementAt } from '../arrays.js';
import type { Advantage } from '../contracts/advantage.js';
import { requireSameLength } from './check.js';
import { nothingToCompare } from './errors.js';
import { groupStatistics, type GroupStatistics } from './group-statistics.js';
import { rewardToGo } from './token-rewards.js';

/**
 * A critic-free advantage from a per-rollout score against its group, as a building block for plugins.
 *
 *     A_t = score(R, group) − Σ_{s ≥ t} penalty_s        returns_t = Σ_{s ≥ t} r_s
 *
 * R is the rollout's scalar reward; the penalties are what its token rewards contain beside it (a KL penalty). Without
 * a penalty all tokens share one advantage and the returns are the reward. A group with a single rollout has nothing to
 * compare with and gets the score of equal rewards; if every group is like that, ORZ_GROUP is thrown, since nothing
 * could ever be learned.
 */
export function groupAdvantage(name: string, score: (reward: number, group: GroupStatistics) => number): Advantage {
  return {
    name,
    needsCritic: false,
    minGroupSize: 2,
    estimate({ tokenRewards, rewards, groups }) {
      requireSameLength(`advantage "${name}"`, tokenRewards, rewards);
      const statistics = groupStatistics(rewards, groups);
      requireComparableGroups(name, statistics);
      const returns = tokenRewards.map(rewardToGo);
      const advantages: Float32Array[] = [];
      for (const group of statistics.values()) {
        for (const b of group.members) {
          const reward = elementAt(rewards, b);
          const own = score(reward, group);
          advantages[b] = elementAt(returns, b).map((toGo) => own + (toGo - reward));
        }
      }
      return { advantages, returns };
    },
  };
}

function requireComparableGroups(name: string, groups: ReadonlyMap<number, GroupStatistics>): void {
  const comparable = [...groups.values()].some(({ members }) => members.length > 1);
  if (groups.size > 0 && !comparable) throw nothingToCompare(name);
}
