import { elementAt } from '../arrays.js';
import { createRandom } from '../random.js';
import { malformedRecord } from './errors.js';
import type { FieldValue } from './fields.js';
import type { OptionOrder, PromptAndAnswer } from './record-form.js';

/** Another order for each record, the same in every run, so that runs can be compared. */
export function seededOrder(seed: number, name: string): OptionOrder {
  const stream = createRandom(seed).stream(name);
  return (options, record) => stream.permutation(options, record);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * A question with its options below it, each on a line with its letter, as in the evaluation files of
 * Open-Reasoner-Zero.
 */
export const renderChoices = (question: string, options: readonly string[]): string =>
  `${question}\n\n${options.map((option, i) => `${letters[i]}. ${option}`).join('\n')}`;

/**
 * The letter of the right one of `count` options, from a letter or an index from 0; empty for no answer. Throws
 * ORZ_DATA_MALFORMED for one that no option has.
 */
export function choiceLetter({ value, field, location }: FieldValue, count: number): string {
  if (value === null || value === '') return '';
  const known = letters.slice(0, count);
  const index = typeof value === 'string' ? letterIndex(value) : Number(value);
  const letter = known[index];
  if (letter !== undefined) return letter;
  throw malformedRecord(location, {
    field,
    value,
    expected: `a letter from A to ${known.at(-1)}, or an index from 0 to ${count - 1}`,
  });
}

function letterIndex(answer: string): number {
  const text = answer.trim();
  if (/^\d+$/.test(text)) return Number(text);
  return text.length === 1 ? letters.indexOf(text.toUpperCase()) : -1;
}

/** A question with its options, and the field that says which one is right, as a letter or an index from 0. */
export interface Choice {
  readonly question: string;
  readonly options: readonly string[];
  readonly right: FieldValue;
}

/** The prompt with the options in this order, and the letter of the right one; without an order as they are. */
export function choiceProblem({ question, options, right }: Choice, order?: ArrayLike<number>): PromptAndAnswer {
  const letter = choiceLetter(right, options.length);
  if (order === undefined) return { prompt: renderChoices(question, options), answer: letter };
  const shown = Array.from(order, (i) => elementAt(options, i));
  const answer = letter === '' ? '' : letters.charAt(Array.from(order).indexOf(letters.indexOf(letter)));
  return { prompt: renderChoices(question, shown), answer };
}
