import { malformedRecord } from './errors.js';
import type { FieldValue } from './fields.js';

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
