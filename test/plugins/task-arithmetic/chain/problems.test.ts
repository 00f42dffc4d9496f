import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../core/random.js';
import type { ProblemList } from '../../../../core/contracts/problems.js';
import { createChainProblems } from '../../../../plugins/task-arithmetic/chain/problems.js';
import { chainDataSettings } from '../../../../plugins/task-arithmetic/chain/settings.js';
import { isHeldOut } from '../../../../plugins/task-arithmetic/problems.js';

const open = async (settings: object = {}, seed = 1) =>
  createChainProblems(chainDataSettings.parse(settings), createRandom(seed)).open();
const promptsOf = (list: ProblemList, count: number): string[] =>
  Array.from({ length: count }, (_, index) => list.at(index).prompt);
const addendsOf = (prompt: string): number[] => [...prompt.matchAll(/\d/g)].map(Number);

test('the answer is the last digit of the sum', async () => {
  const { train, evaluation } = await open();
  for (const list of [train, ...Object.values(evaluation)])
    for (let index = 0; index < 200; index++) {
      const { prompt, answer } = list.at(index);
      expect(prompt).toMatch(/^(?:[a-z]\d)+$|^(?:[A-Z]\d)+$/);
      expect(answer).toBe(String(addendsOf(prompt).reduce((sum, n) => sum + n, 0) % 10));
    }
});

test('training never meets what is held out', async () => {
  const { train, evaluation } = await open();
  expect(promptsOf(train, 2000).some((prompt) => isHeldOut(addendsOf(prompt)))).toBe(false);
  for (const list of Object.values(evaluation)) {
    expect(list.length).toBe(2048);
    expect(promptsOf(list, 2048).every((prompt) => isHeldOut(addendsOf(prompt)))).toBe(true);
  }
});

describe('held-out sets', () => {
  test('are the same whatever the seed and the notation of training', async () => {
    const [one, other] = [await open(), await open({ capitalShare: 1 }, 2)];
    for (const set of ['held-out', 'longer', 'capitals'])
      expect(promptsOf(one.evaluation[set]!, 50)).toEqual(promptsOf(other.evaluation[set]!, 50));
  });

  test.each([
    ['held-out', 14, 18, /^[^A-Z]+$/],
    ['longer', 18, 22, /^[^A-Z]+$/],
    ['capitals', 14, 18, /^[^a-z]+$/],
  ] as const)('%s has %d to %d terms', async (set, least, most, notation) => {
    const { evaluation } = await open();
    const prompts = promptsOf(evaluation[set]!, 500);
    const terms = prompts.map((prompt) => addendsOf(prompt).length);
    expect([Math.min(...terms), Math.max(...terms)]).toEqual([least, most]);
    expect(prompts.every((prompt) => notation.test(prompt))).toBe(true);
  });

  test('have no more terms than there are letters', async () => {
    const { evaluation } = await open({ minTerms: 25, maxTerms: 26 });
    expect(promptsOf(evaluation.longer!, 20).every((prompt) => addendsOf(prompt).length === 26)).toBe(true);
  });
});

test('a share of training is in the second notation', async () => {
  const { train } = await open({ capitalShare: 0.25 });
  const share = promptsOf(train, 2000).filter((prompt) => /[A-Z]/.test(prompt)).length / 2000;
  expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 2000));
});

test('few problems are the first ones of many, and no more', async () => {
  const [few, many] = [await open({ trainProblems: 64 }), await open()];
  expect(few.train.length).toBe(64);
  expect(promptsOf(few.train, 64)).toEqual(promptsOf(many.train, 64));
  expect(() => few.train.at(64)).toThrow('No problem of the set "chain/train" has index 64');
});
