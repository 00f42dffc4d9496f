import { verdicts } from '../contracts/data.js';
import type { GradableRollout, Reward } from '../contracts/reward.js';
import { requireThat, type ConformanceCheck } from './check.js';

/** Texts that have broken graders: unbalanced and deeply nested brackets, tags out of order, odd Unicode, names from prototypes. */
export const hostileResponses: readonly string[] = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e</answer>',
  '<answer>',
  '</answer><answer>',
  '<answer>\\boxed{</answer>',
  '<answer>\\boxed{}</answer>',
  `<answer>\\boxed{${'{'.repeat(20_000)}</answer>`,
  `<answer>\\boxed{${'('.repeat(20_000)}1${')'.repeat(20_000)}}</answer>`,
  `<answer>${'\\boxed{1}'.repeat(5_000)}</answer>`,
  '<answer>'.repeat(20_000),
  `<answer>\\boxed{${'9'.repeat(50_000)}}</answer>`,
  '<answer>\\boxed{9^{9^{9^{9^9}}}}</answer>',
  '<answer>\\boxed{\\frac{1}{0}}</answer>',
  `<answer>\\boxed{${'\\frac{1}{'.repeat(3_000)}</answer>`,
  '<answer>\\boxed{__proto__}</answer>',
  '<answer>\\boxed{constructor}</answer>',
  '<answer>\\boxed{${process.exit(1)}}</answer>',
  `<answer>\\boxed{${'a'.repeat(30_000)}!}</answer>`,
  '<answer>\\boxed{１＋１}</answer>',
  '<answer>\\boxed{NaN}</answer>',
  '<answer>\\boxed{\\infty}</answer>',
];

const rollout = (index: number, text: string, change: Partial<GradableRollout> = {}): GradableRollout => ({
  index,
  problem: { id: 'conformance/0', prompt: 'What is $1+1$?', answer: '2' },
  text,
  stopReason: 'stop',
  responseLength: text.length,
  ...change,
});

/**
 * Properties of a {@link Reward}. `create` makes a fresh one for each check. Nothing here says which answers are right, only that
 * grading cannot break a run. A grader that never returns is found by the time limit of the test runner.
 */
export function rewardConformance(create: () => Reward | Promise<Reward>): ConformanceCheck[] {
  const grade = async (group: readonly GradableRollout[]) => {
    const reward = await create();
    const results = await (async () => reward.grade(group))().catch(
      (error: unknown) =>
        requireThat(
          false,
          `grading threw, which would end the run: ${String(error)}`,
          group[0]?.text.slice(0, 60),
        ) as never,
    );
    requireThat(results.length === group.length, `${results.length} results for ${group.length} rollouts`);
    results.forEach((result, i) => {
      const text = JSON.stringify(group[i]!.text.slice(0, 60));
      requireThat(Number.isFinite(result.value), `the reward of ${text} is ${result.value}`);
      requireThat(verdicts.includes(result.verdict), `the verdict on ${text} is unknown`, result.verdict);
      requireThat(
        JSON.stringify(structuredClone(result)) === JSON.stringify(result),
        `the result for ${text} is no plain data`,
      );
    });
    return results;
  };
  return [
    {
      title: 'gives one finite reward with a known verdict per rollout, as plain data',
      run: async () => {
        await grade(
          ['</think> <answer>\\boxed{2}</answer>', '</think> <answer>\\boxed{3}</answer>', 'no'].map((text, i) =>
            rollout(i, text),
          ),
        );
      },
    },
    {
      title: 'grades a group of one and an empty group',
      run: async () => {
        await grade([rollout(0, '</think><answer>\\boxed{2}</answer>')]);
        await grade([]);
      },
    },
    {
      title: 'does not throw, whatever a model wrote',
      run: async () => {
        await grade(hostileResponses.map((text, i) => rollout(i, text)));
      },
    },
    {
      title: 'does not throw, whatever the gold answer holds',
      run: async () => {
        for (const answer of ['', '\\boxed{', '{{{', '\\frac{1}{0}', '９', '__proto__', 'a'.repeat(30_000)]) {
          const problem = { id: 'conformance/1', prompt: '', answer };
          await grade([rollout(0, '</think><answer>\\boxed{1}</answer>', { problem }), rollout(1, '', { problem })]);
        }
      },
    },
    {
      title: 'says whether a gold answer can be graded, whatever it holds, if it has an opinion',
      run: async () => {
        const reward = await create();
        for (const answer of ['2', ...hostileResponses]) {
          const check = await reward.checkAnswer?.({ id: 'conformance/2', prompt: '', answer });
          requireThat(
            check === undefined ? reward.checkAnswer === undefined : check.gradable || check.reason !== '',
            `nothing is said about the answer ${JSON.stringify(answer.slice(0, 60))}`,
          );
        }
      },
    },
    {
      title: 'grades responses that were cut by length',
      run: async () => {
        await grade([
          rollout(0, '</think><answer>\\boxed{2}</answer>', { stopReason: 'length' }),
          rollout(1, 'thinking', { stopReason: 'length' }),
        ]);
      },
    },
    {
      title: 'gives the same rewards when asked again, by the same grader or another',
      run: async () => {
        const group = ['</think><answer>\\boxed{2}</answer>', ...hostileResponses].map((text, i) => rollout(i, text));
        const reward = await create();
        const [first, second, third] = [await reward.grade(group), await reward.grade(group), await grade(group)];
        requireThat(JSON.stringify(first) === JSON.stringify(second), 'a second call of one grader gave other results');
        requireThat(
          JSON.stringify(first) === JSON.stringify(third),
          'another grader with the same settings gave other results',
        );
      },
    },
    {
      title: 'does not change the rollouts',
      run: async () => {
        const group = [rollout(0, '</think><answer>\\boxed{2}</answer>'), rollout(1, '')];
        const before = JSON.stringify(group);
        await grade(group);
        requireThat(JSON.stringify(group) === before, 'grading changed a rollout');
      },
    },
  ];
}
