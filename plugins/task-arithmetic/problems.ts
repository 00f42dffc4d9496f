import { elementAt } from '../../core/arrays.js';
import type { Problem } from '../../core/contracts/data.js';
import type { ProblemList, ProblemSource } from '../../core/contracts/problems.js';
import { createRandom, type Random, type RandomStream } from '../../core/random.js';
import { noSuchProblem } from './errors.js';
import type { TermRange } from './settings.js';

/** Problems are drawn as they are asked for, so the list is as long as an index may be. */
const trainLength = 2 ** 30;
const heldOutLength = 2048;
/** Numbers of a sum are drawn from 1 to this. */
export const largest = 9;
/** The held-out problems are the same for every run, so that runs with different seeds can be compared. */
const heldOutSeed = 2025;
/** From this many terms on there are far more held-out problems than are needed. */
const enoughTerms = 5;

/** Sums of a few numbers from 1 to 9, written like `3+5+9`. One problem in eight is kept for evaluation. */
export function createArithmeticProblems(range: TermRange, random: Random): ProblemSource {
  return {
    name: 'arithmetic',
    open: () =>
      Promise.resolve({
        train: trainProblems(range, random.stream('arithmetic/train')),
        evaluation: { 'held-out': heldOutProblems(range) },
      }),
  };
}

/**
 * Whether a problem is kept for evaluation: one in eight, by a hash of the numbers in their order (FNV-1a, then the
 * finaliser of MurmurHash3, since the low bits of FNV-1a alone depend on the low bits of the numbers only).
 */
export function isHeldOut(addends: readonly number[]): boolean {
  let hash = 0x811c9dc5;
  for (const addend of addends) hash = Math.imul(hash ^ addend, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) & 7) === 0;
}

/** Which numbers a problem has. */
export interface AddendRange extends TermRange {
  /** They are drawn from 1 to this. */
  readonly largest: number;
}

/**
 * The numbers of problem `index` of a stream, of the kind asked for: the number of terms is uniform in the range, and
 * the numbers are drawn again until the problem is of that kind. Pure.
 */
export function drawAddends(stream: RandomStream, range: AddendRange, index: number, heldOut: boolean): number[] {
  const terms = range.minTerms + stream.integer(range.maxTerms - range.minTerms + 1, index);
  for (let attempt = 1; ; attempt++) {
    const addends = Array.from({ length: terms }, (_, i) => 1 + stream.integer(range.largest, index, attempt, i));
    if (isHeldOut(addends) === heldOut) return addends;
  }
}

export const sumOf = (addends: readonly number[]): number => addends.reduce((sum, addend) => sum + addend, 0);

function trainProblems(range: TermRange, stream: RandomStream): ProblemList {
  return problemList('train', trainLength, (index) => drawAddends(stream, { ...range, largest }, index, false));
}

/**
 * Distinct problems; few terms make few problems, and then all of those that are held out. Few terms also run out
 * first, so the problems are shuffled last: any prefix of the list is as hard as the whole.
 */
function heldOutProblems(range: TermRange): ProblemList {
  const wanted = Math.min(heldOutLength, countHeldOut(range));
  const stream = createRandom(heldOutSeed).stream('arithmetic/held-out');
  const found = new Map<string, number[]>();
  for (let index = 0; found.size < wanted; index++) {
    const addends = drawAddends(stream, { ...range, largest }, index, true);
    found.set(addends.join('+'), addends);
  }
  const all = [...found.values()];
  const order = createRandom(heldOutSeed).stream('arithmetic/held-out order').permutation(all.length);
  return problemList('held-out', all.length, (index) => elementAt(all, elementAt(order, index)));
}

function countHeldOut({ minTerms, maxTerms }: TermRange): number {
  if (maxTerms >= enoughTerms) return Infinity;
  let count = 0;
  for (let terms = minTerms; terms <= maxTerms; terms++)
    for (let code = 0; code < 9 ** terms; code++) if (isHeldOut(addendsOf(code, terms))) count++;
  return count;
}

/** The digits of `code` in base 9, each from 1 to 9. */
const addendsOf = (code: number, terms: number): number[] =>
  Array.from({ length: terms }, (_, i) => 1 + (Math.floor(code / 9 ** i) % 9));

function problemList(set: string, length: number, addendsAt: (index: number) => readonly number[]): ProblemList {
  return {
    length,
    at(index): Problem {
      if (!Number.isInteger(index) || index < 0 || index >= length)
        throw noSuchProblem(`arithmetic/${set}`, index, length);
      const addends = addendsAt(index);
      return { id: `arithmetic/${set}/${index}`, prompt: addends.join('+'), answer: String(sumOf(addends)) };
    },
  };
}
