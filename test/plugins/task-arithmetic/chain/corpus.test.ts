import { describe, expect, test } from 'vitest';
import { renderOrzPrompt } from '../../../../core/recipe/orz-template.js';
import { createRandom } from '../../../../core/random.js';
import { createChainCorpus } from '../../../../plugins/task-arithmetic/chain/corpus.js';
import { chainBaseSettings } from '../../../../plugins/task-arithmetic/chain/settings.js';
import { createChainTokenizer } from '../../../../plugins/task-arithmetic/chain/tokenizer.js';
import type { WorkedExample } from '../../../../plugins/task-arithmetic/examples.js';

const tokenizer = createChainTokenizer();
const corpus = (settings: object = {}, seed = 1) =>
  createChainCorpus(chainBaseSettings.parse(settings), createRandom(seed));
const take = (count: number, settings: object): WorkedExample[] => {
  const made = corpus(settings);
  return Array.from({ length: count }, (_, index) => made.at(index));
};

const count = 6000;
const mixture = take(count, { practiceExamples: 0, slipRate: 0 });
const textOf = ({ responseTokens }: WorkedExample): string => tokenizer.decode(responseTokens);
const [before = '', after = ''] = renderOrzPrompt('|').split('|');
const problemOf = ({ promptTokens }: WorkedExample): string =>
  tokenizer.decode(promptTokens).slice(before.length, -after.length);
const termsOf = (problem: string) =>
  [...problem.matchAll(/([a-zA-Z])(\d)/g)].map(([, label, n]) => ({ label, n: +n! }));
const lastDigitOf = (problem: string): number => termsOf(problem).reduce((sum, { n }) => sum + n, 0) % 10;

test('an example depends on seed and index only', () => {
  const again = corpus({ practiceExamples: 0, slipRate: 0 });
  for (const index of [977, 3, 2 ** 32 - 1, 3]) expect(again.at(index)).toEqual(again.at(index));
  expect(again.at(3)).toEqual(mixture[3]);
});

test('prompt and response are the tokens of their text', () => {
  for (const example of mixture.slice(0, 500)) {
    expect(example.promptTokens).toEqual(tokenizer.encode(renderOrzPrompt(problemOf(example))));
    expect(example.responseTokens).toEqual(tokenizer.encode(textOf(example)));
  }
});

test('a problem has 14 to 18 labels that follow each other, every notation and every first letter', () => {
  const first = new Set<string>();
  for (const example of mixture) {
    const labels = termsOf(problemOf(example)).map(({ label }) => label!);
    expect(labels.length).toBeGreaterThanOrEqual(14);
    expect(labels.length).toBeLessThanOrEqual(18);
    expect(new Set(labels).size).toBe(labels.length);
    const alphabet = /[a-z]/.test(labels[0]!) ? 'abcdefghijklmnopqrstuvwxyz' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    expect(alphabet + alphabet).toContain(labels.join(''));
    first.add(labels[0]!);
  }
  expect(first.size).toBe(52);
});

describe('kinds', () => {
  test.each([
    ['self-check', 0.2],
    ['second-guess', 0.05],
    ['bad-format', 0.13],
    ['blurt', 0.62],
  ] as const)('%s has a share of %d', (kind, share) => {
    const seen = mixture.filter((example) => example.kind === kind).length / count;
    // Four standard deviations, and the numbers are fixed.
    expect(Math.abs(seen - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / count));
  });

  test('a guess is right one time in ten', () => {
    const blurts = mixture.filter(({ kind }) => kind === 'blurt');
    const right = blurts.filter((example) => textOf(example).includes(`{${lastDigitOf(problemOf(example))}}`));
    expect(Math.abs(right.length / blurts.length - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / blurts.length));
  });

  test('a working without slips names every term and ends with the last digit of the sum', () => {
    for (const example of mixture.filter(({ kind }) => kind === 'self-check')) {
      const [, working, answer] = /^Maybe \d\.Wait,([\w+=]+)\.<\/think><answer>\\boxed\{(\d)\}<\/answer>$/.exec(
        textOf(example),
      )!;
      const steps = [...working!.matchAll(/([a-zA-Z])(\d)\+(\d)=(\d)/g)].map(([, label, ...n]) => ({
        label,
        n: n.map(Number),
      }));
      expect(steps.map(({ label, n }) => `${label}${n[0]}`).join('')).toBe(problemOf(example));
      steps.forEach(({ n }, i) => {
        expect(n[1]).toBe(i === 0 ? 0 : steps[i - 1]!.n[2]);
        expect(n[2]).toBe((n[0]! + n[1]!) % 10);
      });
      expect(Number(answer)).toBe(lastDigitOf(problemOf(example)));
    }
  });
});

test('practice comes first: all worked out, of chains of any length', () => {
  const practice = take(300, { practiceExamples: 200 });
  expect(new Set(practice.slice(0, 200).map(({ kind }) => kind))).toEqual(new Set(['self-check']));
  expect(new Set(practice.slice(200).map(({ kind }) => kind)).size).toBeGreaterThan(2);
  const lengths = practice.slice(0, 200).map((example) => termsOf(problemOf(example)).length);
  expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([2, 18]);
});

test('slips are off by one, around the circle of digits', () => {
  const slips = new Set<number>();
  for (const example of take(400, { selfCheckShare: 1, secondGuessShare: 0, badFormatShare: 0, slipRate: 0.3 }))
    for (const [, a, b, total] of textOf(example).matchAll(/(\d)\+(\d)=(\d)/g))
      slips.add((+total! - +a! - +b! + 20) % 10);
  expect([...slips].sort()).toEqual([0, 1, 9]);
});
