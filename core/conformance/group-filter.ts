import type { Rollout } from '../contracts/data.js';
import type { GroupFilter } from '../contracts/group-filter.js';
import type { GradedRollouts } from '../contracts/loop.js';
import { requireDefined, requireThat, type ConformanceCheck } from './check.js';

/** Properties of a {@link GroupFilter} that does something. `create` makes a fresh one for each check. */
export function groupFilterConformance(create: () => GroupFilter): ConformanceCheck[] {
  const check = (title: string, body: (filter: GroupFilter) => void): ConformanceCheck => ({
    title,
    run: async () => body(create()),
  });
  return [
    check('has a name and collects at least once', ({ name, maxCollections }) => {
      requireThat(name.length > 0, 'the filter has no name');
      requireThat(
        Number.isInteger(maxCollections) && maxCollections >= 1,
        'maxCollections is no count',
        maxCollections,
      );
    }),
    check('says yes or no to any group, the same each time', (filter) => {
      for (const rewards of exampleRewards) {
        const first = keeps(filter, rewards);
        requireThat(typeof first === 'boolean', 'keeps gives neither true nor false', first);
        requireThat(keeps(filter, rewards) === first, 'a second answer to the same group differs');
      }
    }),
    check('keeps some group and leaves out another', (filter) => {
      const answers = exampleRewards.map((rewards) => keeps(filter, rewards));
      requireThat(new Set(answers).size === 2, `every group is ${answers[0] ? 'kept' : 'left out'}`);
    }),
  ];
}

/** Rewards of groups of four: none right, one, half, all. */
const exampleRewards: readonly (readonly number[])[] = [
  [0, 0, 0, 0],
  [0, 1, 0, 0],
  [1, 0, 1, 0],
  [1, 1, 1, 1],
];

const keeps = (filter: GroupFilter, rewards: readonly number[]): boolean =>
  requireDefined('keeps', filter.keeps)(groupOf(rewards));

function groupOf(rewards: readonly number[]): GradedRollouts {
  const rollouts = rewards.map((_, index): Rollout => exampleRollout(index));
  const results = rewards.map((value) => ({ value, verdict: value > 0 ? ('correct' as const) : ('wrong' as const) }));
  return { rollouts, results };
}

const exampleRollout = (index: number): Rollout => ({
  index,
  problem: { id: 'example/0', prompt: '1+1', answer: '2' },
  promptTokens: Int32Array.of(1),
  responseTokens: Int32Array.of(2, 3),
  segments: [{ source: 'policy', length: 2 }],
  samplerLogprobs: Float32Array.of(-1, -2),
  text: '2',
  stopReason: 'stop',
  weightVersion: 0,
});
