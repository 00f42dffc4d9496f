import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { replacePart } from '../../../../core/container/replacement.js';
import type { GradedRollouts } from '../../../../core/contracts/loop.js';
import { definePlugin } from '../../../../core/plugin/define.js';
import { run, type Call } from '../support.js';

/** Groups in which all responses got the same reward teach nothing. */
function withSignal({ rollouts, results }: GradedRollouts, samples: number): GradedRollouts {
  const kept = rollouts.map((_, i) => {
    const group = results.slice(i - (i % samples), i - (i % samples) + samples);
    return new Set(group.map(({ value }) => value)).size > 1;
  });
  return { rollouts: rollouts.filter((_, i) => kept[i]), results: results.filter((_, i) => kept[i]) };
}

const dropGroups = definePlugin({
  name: 'drop-groups-without-signal',
  provides: [],
  replaces: [
    replacePart('collector', ({ builtin }) => ({
      collect: async (request) => {
        const graded = await builtin.collect(request);
        return request.iteration === undefined ? graded : withSignal(graded, request.samples);
      },
    })),
  ],
});

/** The second prompt of each iteration gets one reward for all of its responses. */
const grade = (group: readonly { readonly index: number }[]) =>
  group.map(({ index }) => ({
    value: Math.floor(index / 4) === 1 ? 1 : index % 2,
    verdict: 'correct' as const,
  }));

const trained = (calls: readonly Call[], role: string): number[] =>
  calls.flatMap((call) => (call.kind === 'accumulate' && call.role === role ? [call.sequences.length] : []));

describe('a plugin that replaces a part of the loop', () => {
  it('drops groups without signal before anything is scored', async () => {
    const options = { config: { iterations: 1, criticUpdateSteps: 1 }, grade };
    const [all, some] = [await run(options), await run({ ...options, plugins: [dropGroups] })];
    expect(trained(all.calls, 'policy')).toEqual([12]);
    expect(trained(some.calls, 'policy')).toEqual([8]);
    expect(trained(some.calls, 'critic')).toEqual([8]);
    expect([all, some].map(({ metrics }) => metrics[0]?.['groupsWithoutSignal'])).toEqual([1 / 3, 0]);
    // Evaluations go through the same collector, and lose nothing.
    expect(Object.keys(some.summary.after)).toEqual(Object.keys(all.summary.after));
  });

  it('says which iteration has nothing to train on when every group is dropped', async () => {
    const same = (group: readonly unknown[]) => group.map(() => ({ value: 1, verdict: 'correct' as const }));
    await expect(run({ grade: same, plugins: [dropGroups] })).rejects.toMatchObject({
      code: 'ORZ_GROUP',
      message: 'Iteration 1 has no rollouts to train on',
    });
  });

  it('records a hash beside what the built-in recorder does', async () => {
    const hashes: string[] = [];
    const hashing = definePlugin({
      name: 'hashing-recorder',
      provides: [],
      replaces: [
        replacePart('recorder', ({ builtin }) => ({
          record: (metrics, result) => {
            const texts = result.batch.rollouts.map(({ text }) => text).join('\n');
            hashes.push(createHash('sha256').update(texts).digest('hex'));
            return builtin.record(metrics, result);
          },
          recordEvaluation: (set, graded) => builtin.recordEvaluation(set, graded),
        })),
      ],
    });
    const [plain, hashed] = [await run(), await run({ plugins: [hashing] })];
    expect(hashes).toHaveLength(2);
    expect(new Set(hashes).size).toBe(2);
    expect(hashed.metrics).toEqual(plain.metrics);
  });
});
