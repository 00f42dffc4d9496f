import { describe, expect, it } from 'vitest';
import { createRewardPool } from '../../../cli/platform/reward-pool.js';
import type { GradableRollout } from '../../../core/contracts/reward.js';
import createReward from '../../../plugins/reward-math/reward.js';
import { corpusPairs } from '../../plugins/reward-math/corpus.js';

describe('many pairs in flight', () => {
  it('20,000 at once get the verdicts of one at a time', async () => {
    const pairs = [...corpusPairs()];
    const groups = Array.from({ length: 2500 }, (_, g) =>
      Array.from({ length: 8 }, (_, k): GradableRollout => {
        const { gold, prediction } = pairs[(g * 8 + k) % pairs.length]!;
        const text = `</think> <answer> \\boxed{${prediction}} </answer>`;
        return {
          index: g * 8 + k,
          problem: { id: String(g), prompt: '', answer: gold },
          text,
          stopReason: 'stop',
          responseLength: text.length,
        };
      }),
    );
    const pool = await createRewardPool(
      { moduleUrl: new URL('../../../plugins/reward-math/reward.ts', import.meta.url).href, settings: {} },
      { workers: 2, timeoutMs: 600_000 },
    );
    try {
      const together = (await Promise.all(groups.map((group) => pool.grade(group)))).flat();
      const alone = createReward({});
      const known = new Map<string, unknown>();
      for (const [k, rollout] of groups.flat().entries()) {
        const key = `${rollout.problem.answer}\n${rollout.text}`;
        if (!known.has(key)) known.set(key, (await alone.grade([rollout]))[0]);
        expect(together[k]).toEqual(known.get(key));
      }
      expect(pool.stats).toEqual({ timeouts: 0, crashes: 0, retries: 0 });
    } finally {
      await pool.dispose();
    }
  });
});
