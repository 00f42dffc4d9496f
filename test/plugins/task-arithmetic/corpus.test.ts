import { describe, expect, test } from 'vitest';
import { isWellFormed } from '../../../plugins/template-orz/format.js';
import { orzStopStrings, renderOrzPrompt } from '../../../core/recipe/orz-template.js';
import { isReflective } from '../../../plugins/template-orz/reflection.js';
import { createRandom } from '../../../core/random.js';
import { createTextStream } from '../../../core/tokenizer/stream.js';
import { createArithmeticCorpus, type SumExample } from '../../../plugins/task-arithmetic/corpus.js';
import type { ExampleKind } from '../../../plugins/task-arithmetic/examples.js';
import { isHeldOut, sumOf } from '../../../plugins/task-arithmetic/problems.js';
import { arithmeticBaseSettings } from '../../../plugins/task-arithmetic/settings.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';

const tokenizer = createArithmeticTokenizer();
const corpus = (settings: object = {}, seed = 1) =>
  createArithmeticCorpus(arithmeticBaseSettings.parse(settings), createRandom(seed));

const count = 12_000;
const sample: SumExample[] = Array.from(
  { length: count },
  (() => {
    const made = corpus();
    return (_: unknown, i: number) => made.at(i);
  })(),
);
const textOf = (example: SumExample): string => tokenizer.decode(example.responseTokens);
const ofKind = (kind: ExampleKind): SumExample[] => sample.filter((example) => example.kind === kind);

/** The answer in the box of a well-formed response. */
const answerOf = (text: string): string | undefined => /<answer>\\boxed\{(\d+)\}<\/answer>$/.exec(text)?.[1];
const isRight = (example: SumExample): boolean => answerOf(textOf(example)) === String(sumOf(example.addends));
const shareOf = (examples: readonly SumExample[], test: (example: SumExample) => boolean): number =>
  examples.filter(test).length / examples.length;
/**
 * Four standard deviations of a measured share: about one test in 16,000 would fail by chance, and the numbers are
 * fixed.
 */
const slack = (share: number, n: number): number => 4 * Math.sqrt((share * (1 - share)) / n);

test('an example depends on seed and index only', () => {
  const again = corpus();
  for (const index of [977, 3, 2 ** 32 - 1, 3]) expect(again.at(index)).toEqual(corpus().at(index));
  expect(again.at(3)).toEqual(sample[3]);
  expect(corpus({}, 2).at(3)).not.toEqual(sample[3]);
});

test('prompt and response are the tokens of the prompt template and of the response text', () => {
  for (const example of sample.slice(0, 1000)) {
    expect(example.promptTokens).toEqual(tokenizer.encode(renderOrzPrompt(example.addends.join('+'))));
    expect(example.responseTokens).toEqual(tokenizer.encode(textOf(example)));
  }
});

test('no held-out problem occurs', () => {
  expect(sample.some(({ addends }) => isHeldOut(addends))).toBe(false);
});

test('every response ends with its first stop string, so that sampling would have stopped there', () => {
  for (const example of sample.slice(0, 2000)) {
    const stream = createTextStream(tokenizer, orzStopStrings);
    const stops = [...example.responseTokens].map((token) => stream.push(token).stopped);
    expect(stops.findIndex((stop) => stop !== undefined)).toBe(stops.length - 1);
  }
});

describe('kinds', () => {
  test.each([
    ['self-check', 0.2],
    ['second-guess', 0.05],
    ['bad-format', 0.13],
    ['blurt', 0.62],
  ] as const)('%s has a share of %d', (kind, share) => {
    expect(Math.abs(ofKind(kind).length / count - share)).toBeLessThan(slack(share, count));
  });

  test('a blurt is one guess, right about one time in ten', () => {
    for (const example of ofKind('blurt'))
      expect(textOf(example)).toMatch(/^Maybe (\d+)\.<\/think><answer>\\boxed\{\1\}<\/answer>$/);
    expect(Math.abs(shareOf(ofKind('blurt'), isRight) - 0.1)).toBeLessThan(0.03);
  });

  test('a self-check guesses and then adds step by step', () => {
    for (const example of ofKind('self-check')) {
      const [, working, answer] = /^Maybe \d+\.Wait,([\d+=]+)\.<\/think><answer>\\boxed\{(\d+)\}<\/answer>$/.exec(
        textOf(example),
      )!;
      expect(working!.replace(/=\d+/g, '')).toBe(example.addends.join('+'));
      expect(working!.endsWith(`=${answer}`)).toBe(true);
      expect([...working!.matchAll(/=/g)].length).toBe(example.addends.length - 1);
    }
  });

  test('one running total in a hundred is off by one, and the rest goes on from it', () => {
    let slips = 0,
      steps = 0;
    for (const example of ofKind('self-check')) {
      const totals = [...textOf(example).matchAll(/=(\d+)/g)].map((match) => Number(match[1]));
      totals.forEach((total, i) => {
        const off = total - (i === 0 ? example.addends[0]! : totals[i - 1]!) - example.addends[i + 1]!;
        expect([-1, 0, 1]).toContain(off);
        steps++;
        if (off !== 0) slips++;
      });
    }
    expect(Math.abs(slips / steps - 0.01)).toBeLessThan(slack(0.01, steps));
    expect(Math.abs(shareOf(ofKind('self-check'), isRight) - 0.97)).toBeLessThan(0.02);
  });

  test('a second guess reflects and is right no more often than a blurt', () => {
    for (const example of ofKind('second-guess'))
      expect(textOf(example)).toMatch(/^Maybe \d+\.Wait,Maybe (\d+)\.<\/think><answer>\\boxed\{\1\}<\/answer>$/);
    expect(Math.abs(shareOf(ofKind('second-guess'), isRight) - 0.1)).toBeLessThan(
      slack(0.1, ofKind('second-guess').length),
    );
  });

  test('bad format never holds a readable answer, in three ways equally often, worked in four of ten', () => {
    const bad = ofKind('bad-format');
    const ways = [
      /^Maybe .*\.<\/think><answer>\d+<\/answer>$/,
      /^Maybe .*\.\\boxed\{\d+\}User:$/,
      /^Maybe .*\.Wait,Maybe \d+\.User:$/,
    ];
    for (const way of ways)
      expect(Math.abs(shareOf(bad, (example) => way.test(textOf(example))) - 1 / 3)).toBeLessThan(
        slack(1 / 3, bad.length),
      );
    expect(shareOf(bad, (example) => ways.some((way) => way.test(textOf(example))))).toBe(1);
    expect(shareOf(bad, (example) => isWellFormed(textOf(example)))).toBe(0);
    expect(Math.abs(shareOf(bad, (example) => textOf(example).includes('=')) - 0.4)).toBeLessThan(
      slack(0.4, bad.length),
    );
  });

  test('all others are well-formed, and those with Wait, count as reflection', () => {
    for (const example of sample.filter(({ kind }) => kind !== 'bad-format')) {
      expect(isWellFormed(textOf(example))).toBe(true);
      expect(isReflective(textOf(example))).toBe(example.kind !== 'blurt');
    }
  });
});

test('working is reached only through Wait, and every thought starts with a guess', () => {
  for (const example of sample) {
    const text = textOf(example);
    expect(text.startsWith('Maybe ')).toBe(true);
    if (text.includes('=')) expect(text.indexOf('Wait,')).toBeLessThan(text.indexOf('='));
  }
});

test('guesses spread around the sum with a standard deviation of a fifth of it', () => {
  const ratios = sample.map((example) => Number(/^Maybe (\d+)/.exec(textOf(example))![1]) / sumOf(example.addends) - 1);
  const mean = ratios.reduce((a, b) => a + b) / ratios.length;
  const deviation = Math.sqrt(ratios.reduce((a, b) => a + (b - mean) ** 2, 0) / ratios.length);
  // Rounding to whole numbers adds a variance of 1/12, which is (0.29 / sum)² of a ratio.
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(deviation - 0.2)).toBeLessThan(0.01);
});

test.each([
  ['blurt', 9, 11],
  ['self-check', 20, 34],
  ['second-guess', 13, 16],
  ['bad-format', 7, 33],
] as const)('a response of kind %s takes %d to %d tokens', (kind, shortest, longest) => {
  const lengths = ofKind(kind).map(({ responseTokens }) => responseTokens.length);
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(shortest);
  expect(Math.max(...lengths)).toBe(longest);
});

test('the longest response of seven terms takes 44 tokens', () => {
  const made = corpus({ minTerms: 7, maxTerms: 7, guessSpread: 1 });
  const lengths = Array.from({ length: 3000 }, (_, i) => made.at(i).responseTokens.length);
  expect(Math.max(...lengths)).toBe(44);
});

test('the shares are settings', () => {
  const only = (settings: object) => {
    const made = corpus({ selfCheckShare: 0, secondGuessShare: 0, badFormatShare: 0, ...settings });
    return new Set(Array.from({ length: 300 }, (_, i) => made.at(i).kind));
  };
  expect(only({})).toEqual(new Set(['blurt']));
  expect(only({ selfCheckShare: 1 })).toEqual(new Set(['self-check']));
  expect(only({ secondGuessShare: 1 })).toEqual(new Set(['second-guess']));
  expect(only({ badFormatShare: 1 })).toEqual(new Set(['bad-format']));
});

test('a slip rate of 0 makes every working right, and no spread of guesses makes them exact', () => {
  const made = corpus({ selfCheckShare: 1, secondGuessShare: 0, badFormatShare: 0, slipRate: 0 });
  for (let i = 0; i < 500; i++) expect(isRight(made.at(i))).toBe(true);
  const exact = corpus({ selfCheckShare: 0, secondGuessShare: 0, badFormatShare: 0, guessSpread: 1e-6 });
  for (let i = 0; i < 500; i++) expect(isRight(exact.at(i))).toBe(true);
});

test('with a share of calls, examples call the calculator, right every time, and the others stay as they are', () => {
  const tools = corpus({ toolShare: 0.1 });
  const withTools = createArithmeticTokenizer({ tools: true });
  const examples = Array.from({ length: 3000 }, (_, i) => tools.at(i));
  const calls = examples.filter(({ kind }) => kind === 'tool');
  expect(Math.abs(calls.length / examples.length - 0.1)).toBeLessThan(slack(0.1, examples.length));
  examples.forEach((example, i) => {
    if (example.kind !== 'tool') expect(example).toEqual(sample[i]);
  });
  for (const { addends, responseTokens, segments } of calls) {
    const sum = String(sumOf(addends));
    const text = withTools.decode(responseTokens);
    expect(text).toMatch(/^Maybe \d+\.Wait,<calc>/);
    expect(text.endsWith(`<calc>${addends.join('+')}</calc>${sum}.</think><answer>\\boxed{${sum}}</answer>`)).toBe(
      true,
    );
    const [before, written, after] = segments!;
    expect([before!.source, written!.source, after!.source]).toEqual(['policy', 'environment', 'policy']);
    const start = before!.length;
    expect(withTools.decode(responseTokens.subarray(start, start + written!.length))).toBe(sum);
    expect(start + written!.length + after!.length).toBe(responseTokens.length);
  }
});
