import { elementAt } from '../../../core/arrays.js';
import type { RandomStream } from '../../../core/random.js';
import { drawAddends } from '../problems.js';
import type { TermRange } from './settings.js';

/** A labelled number of a problem. */
export interface Term {
  readonly label: string;
  /** From 1 to 5. */
  readonly addend: number;
}

export const smallLabels: readonly string[] = [...'abcdefghijklmnopqrstuvwxyz'];
export const capitalLabels: readonly string[] = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Small numbers, so that adding is learned soon and the length of the chain is all that is hard. */
const largest = 5;

/** What decides on the terms of a problem beside its index. */
export interface TermDraw {
  readonly numbers: RandomStream;
  readonly labels: RandomStream;
  readonly range: TermRange;
  readonly capitalShare: number;
  readonly heldOut: boolean;
}

/**
 * The terms of problem `index`, labelled in the order of the alphabet from any letter on; `a` follows `z`. So every
 * label is seen, however few terms there are. Pure.
 */
export function drawTerms({ numbers, labels, range, capitalShare, heldOut }: TermDraw, index: number): Term[] {
  const notation = labels.uniform(index) < capitalShare ? capitalLabels : smallLabels;
  const first = labels.integer(notation.length, index, 1);
  return drawAddends(numbers, { ...range, largest }, index, heldOut).map((addend, i) => ({
    label: elementAt(notation, (first + i) % notation.length),
    addend,
  }));
}

/** `x3y5z9`, as token texts. */
export const textsOf = (terms: readonly Term[]): string[] =>
  terms.flatMap(({ label, addend }) => [label, String(addend)]);

/** The last digit of the sum. */
export const lastDigit = (terms: readonly Term[]): number => terms.reduce((sum, { addend }) => sum + addend, 0) % 10;
