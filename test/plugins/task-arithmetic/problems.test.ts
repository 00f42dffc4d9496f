import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../core/contracts/data.js';
import type { ProblemList } from '../../../core/contracts/problems.js';
import { isOrzError } from '../../../core/errors.js';
import { createRandom } from '../../../core/random.js';
import { createArithmeticProblems, drawAddends, isHeldOut } from '../../../plugins/task-arithmetic/problems.js';

const range = { minTerms: 3, maxTerms: 5 };
const open = (seed = 1, terms = range) => createArithmeticProblems(terms, createRandom(seed)).open();
const first = (list: ProblemList, count: number): Problem[] => Array.from({ length: count }, (_, i) => list.at(i));
const addendsOf = ({ prompt }: Problem): number[] => prompt.split('+').map(Number);

/** Every problem with this many terms. */
function* allProblems(terms: number): Generator<number[]> {
  for (let code = 0; code < 9 ** terms; code++)
    yield Array.from({ length: terms }, (_, i) => 1 + (Math.floor(code / 9 ** i) % 9));
}

describe('every problem', () => {
  test('is a sum of three to five numbers from 1 to 9 with its true sum', async () => {
    const { train, evaluation } = await open();
    for (const problem of [...first(train, 2000), ...first(evaluation['held-out']!, 2048)]) {
      expect(problem.prompt).toMatch(/^[1-9](\+[1-9]){2,4}$/);
      expect(problem.answer).toBe(String(addendsOf(problem).reduce((a, b) => a + b)));
    }
  });

  test('has an id of its own within the source', async () => {
    const { train, evaluation } = await open();
    const ids = [...first(train, 500), ...first(evaluation['held-out']!, 500)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(1000);
    expect(train.at(17).id).toBe('arithmetic/train/17');
  });
});

describe('training problems', () => {
  test('are the same at an index whatever was asked before, and others for another seed', async () => {
    const a = (await open(1)).train,
      b = (await open(1)).train,
      other = (await open(2)).train;
    const backwards = Array.from({ length: 50 }, (_, i) => b.at(49 - i)).reverse();
    expect(first(a, 50)).toEqual(backwards);
    expect(first(other, 50)).not.toEqual(backwards);
  });

  test('go on without end', async () => {
    const { train } = await open();
    expect(train.length).toBe(2 ** 30);
    expect(train.at(2 ** 30 - 1).prompt).toMatch(/^\d/);
  });

  test('have each number of terms and each number equally often', async () => {
    const problems = first((await open()).train, 6000).map(addendsOf);
    // Four standard deviations of a share: 4 √(p (1 − p) / n).
    for (const terms of [3, 4, 5])
      expect(Math.abs(problems.filter(({ length }) => length === terms).length / 6000 - 1 / 3)).toBeLessThan(0.025);
    const numbers = problems.flat();
    for (let digit = 1; digit <= 9; digit++)
      expect(Math.abs(numbers.filter((n) => n === digit).length / numbers.length - 1 / 9)).toBeLessThan(0.009);
  });

  test('never are held out', async () => {
    for (const problem of first((await open()).train, 20_000)) expect(isHeldOut(addendsOf(problem))).toBe(false);
  });
});

describe('held-out problems', () => {
  test('are one in eight of all, for every number of terms and every last number', () => {
    for (const terms of [4, 5]) {
      const all = [...allProblems(terms)];
      for (let last = 1; last <= 9; last++) {
        const some = all.filter((addends) => addends[terms - 1] === last);
        const share = some.filter(isHeldOut).length / some.length;
        expect(Math.abs(share - 1 / 8)).toBeLessThan(4 * Math.sqrt(((1 / 8) * (7 / 8)) / some.length));
      }
    }
  });

  test('are 2,048 different ones, all of them held out, the same for every seed', async () => {
    const a = (await open(1)).evaluation['held-out']!,
      b = (await open(2)).evaluation['held-out']!;
    expect(a.length).toBe(2048);
    const problems = first(a, 2048);
    expect(new Set(problems.map(({ prompt }) => prompt)).size).toBe(2048);
    expect(problems.every((problem) => isHeldOut(addendsOf(problem)))).toBe(true);
    expect(first(b, 2048)).toEqual(problems);
  });

  test('are as hard in the first 512 as in all: as many terms, the same mean sum', async () => {
    const all = first((await open()).evaluation['held-out']!, 2048);
    const hard = (problems: Problem[]) => [
      ...[3, 4, 5].map(
        (terms) => problems.filter((problem) => addendsOf(problem).length === terms).length / problems.length,
      ),
      problems.reduce((sum, { answer }) => sum + Number(answer), 0) / problems.length / 100,
    ];
    const whole = hard(all),
      part = hard(all.slice(0, 512));
    // Four standard deviations of a share of 512: at most 4 √(1/4 / 512).
    whole.forEach((value, i) => expect(Math.abs(value - part[i]!)).toBeLessThan(0.088));
    expect(Math.abs(whole[0]! - part[0]!)).toBeLessThan(4 * Math.sqrt(whole[0]! / 512));
  });

  test('are all there are when there are fewer', async () => {
    const list = (await open(1, { minTerms: 2, maxTerms: 4 })).evaluation['held-out']!;
    const expected = [2, 3, 4].flatMap((terms) =>
      [...allProblems(terms)].filter(isHeldOut).map((addends) => addends.join('+')),
    );
    expect(expected.length).toBeLessThan(2048);
    expect(
      first(list, list.length)
        .map(({ prompt }) => prompt)
        .sort(),
    ).toEqual(expected.sort());
  });

  test('end with their list', async () => {
    const list = (await open()).evaluation['held-out']!;
    for (const index of [-1, 2048, 0.5]) {
      try {
        list.at(index);
        expect.unreachable();
      } catch (error) {
        expect(isOrzError(error) && error.details.value).toBe(index);
      }
    }
  });
});

test('drawing for evaluation gives held-out problems only', () => {
  const stream = createRandom(3).stream('draw');
  for (let index = 0; index < 500; index++)
    expect(isHeldOut(drawAddends(stream, { ...range, largest: 9 }, index, true))).toBe(true);
});
