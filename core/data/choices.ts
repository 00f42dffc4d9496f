import { malformedRecord, type RecordPlace } from './place.js';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A question with its options below it, each on a line with its letter, as in the evaluation files of Open-Reasoner-Zero. */
export const renderChoices = (question: string, options: readonly string[]): string =>
  `${question}\n\n${options.map((option, i) => `${letters[i]}. ${option}`).join('\n')}`;

/** The letter of the right option, from a letter or from an index that begins at 0. Throws ORZ_DATA_MALFORMED for one that no option has. */
export function choiceLetter(answer: unknown, count: number, field: string, place: RecordPlace): string {
  if (answer === null || answer === '') return '';
  const index = typeof answer === 'string' ? letterIndex(answer) : Number(answer);
  if (Number.isInteger(index) && index >= 0 && index < Math.min(count, letters.length)) return letters[index]!;
  throw malformedRecord(place, {
    field,
    value: answer,
    expected: `a letter from A to ${letters[Math.min(count, letters.length) - 1]}, or an index from 0 to ${count - 1}`,
  });
}

function letterIndex(answer: string): number {
  const text = answer.trim();
  if (/^\d+$/.test(text)) return Number(text);
  return text.length === 1 ? letters.indexOf(text.toUpperCase()) : -1;
}
