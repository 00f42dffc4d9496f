import { zip } from '../arrays.js';
import { rewardResult } from '../boundary/contracts/rewards.js';
import { messageOf } from '../boundary/safe-text.js';
import { verdicts, type RewardResult } from '../contracts/data.js';
import type { GradableRollout, Reward } from '../contracts/reward.js';
import { requireThat, type ConformanceCheck } from './check.js';
import { notConforming } from './errors.js';

/**
 * Texts that have broken graders: unbalanced and deeply nested brackets, tags out of order, odd Unicode, names from
 * prototypes.
 */
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

const rightAnswer = '</think><answer>\\boxed{2}</answer>';

type Create = () => Reward | Promise<Reward>;

/**
 * Properties of a {@link Reward}. `create` makes a fresh one for each check. Nothing here says which answers are right,
 * only that grading cannot break a run. A grader that never returns is found by the time limit of the test runner.
 */
export function rewardConformance(create: Create): ConformanceCheck[] {
  const check = (title: string, body: (create: Create) => Promise<void>): ConformanceCheck => ({
    title,
    run: () => body(create),
  });
  return [
    check('gives one finite reward with a known verdict per rollout, as plain data', async () => {
      const texts = ['</think> <answer>\\boxed{2}</answer>', '</think> <answer>\\boxed{3}</answer>', 'no'];
      await gradeSafely(await create(), rolloutsOf(texts));
    }),
    check('grades a group of one and an empty group', async () => {
      await gradeSafely(await create(), [rollout(0, rightAnswer)]);
      await gradeSafely(await create(), []);
    }),
    check('does not throw, whatever a model wrote', async () => {
      await gradeSafely(await create(), rolloutsOf(hostileResponses));
    }),
    check('does not throw, whatever the gold answer contains', checkHostileGolds),
    check('says whether a gold answer can be graded, whatever it contains, if it has an opinion', checkGradability),
    check('grades responses that were cut by length', async () => {
      const cut = [rightAnswer, 'thinking'].map((text, i) => rollout(i, text, { stopReason: 'length' }));
      await gradeSafely(await create(), cut);
    }),
    check('gives the same rewards when asked again, by the same grader or another', checkRepetition),
    check('does not change the rollouts', async () => {
      const group = rolloutsOf([rightAnswer, '']);
      const before = JSON.stringify(group);
      await gradeSafely(await create(), group);
      requireThat(JSON.stringify(group) === before, 'grading changed a rollout');
    }),
  ];
}

const rolloutsOf = (texts: readonly string[]): GradableRollout[] => texts.map((text, i) => rollout(i, text));

/** The beginning of a text, on one line, for messages. */
const excerpt = (text: string): string => JSON.stringify(text.slice(0, 60));

/** Grades a group and requires one plain, finite result with a known verdict per rollout. */
async function gradeSafely(reward: Reward, group: readonly GradableRollout[]): Promise<readonly RewardResult[]> {
  const results = await gradeOrFail(reward, group);
  requireThat(results.length === group.length, `${results.length} results for ${group.length} rollouts`);
  for (const [result, { text }] of zip(results, group)) {
    requireThat(Number.isFinite(result.value), `the reward of ${excerpt(text)} is ${result.value}`);
    requireThat(verdicts.includes(result.verdict), `the verdict on ${excerpt(text)} is unknown`, result.verdict);
    const plain = JSON.stringify(structuredClone(result)) === JSON.stringify(result);
    requireThat(plain, `the result for ${excerpt(text)} is not plain data`);
    requireAsInRun(text, result);
  }
  return results;
}

/** As the grading threads of a run check it. */
function requireAsInRun(text: string, result: RewardResult): void {
  try {
    rewardResult(result, '');
  } catch (error) {
    throw notConforming(`the result for ${excerpt(text)} is refused in a run: ${messageOf(error)}`);
  }
}

async function gradeOrFail(reward: Reward, group: readonly GradableRollout[]): Promise<readonly RewardResult[]> {
  try {
    return await reward.grade(group);
  } catch (error) {
    throw notConforming(`grading threw, which would end the run: ${String(error)}`, group[0]?.text.slice(0, 60));
  }
}

async function checkHostileGolds(create: Create): Promise<void> {
  for (const answer of ['', '\\boxed{', '{{{', '\\frac{1}{0}', '９', '__proto__', 'a'.repeat(30_000)]) {
    const problem = { id: 'conformance/1', prompt: '', answer };
    const texts = ['</think><answer>\\boxed{1}</answer>', ''];
    await gradeSafely(
      await create(),
      texts.map((text, i) => rollout(i, text, { problem })),
    );
  }
}

async function checkGradability(create: Create): Promise<void> {
  const reward = await create();
  if (!reward.checkAnswer) return;
  for (const answer of ['2', ...hostileResponses]) {
    const check = await reward.checkAnswer({ id: 'conformance/2', prompt: '', answer });
    const explained = check !== undefined && (check.gradable || check.reason !== '');
    requireThat(explained, `nothing is said about the answer ${excerpt(answer)}`);
  }
}

async function checkRepetition(create: Create): Promise<void> {
  const group = rolloutsOf([rightAnswer, ...hostileResponses]);
  const reward = await create();
  const first = JSON.stringify(await reward.grade(group));
  const second = JSON.stringify(await reward.grade(group));
  const other = JSON.stringify(await gradeSafely(await create(), group));
  requireThat(first === second, 'a second call of one grader gave other results');
  requireThat(first === other, 'another grader with the same settings gave other results');
}
