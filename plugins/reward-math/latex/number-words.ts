import { numberWords } from './tables/words.js';

const parts: ReadonlyMap<string, number> = new Map([
  ['half', 2],
  ['halves', 2],
  ['third', 3],
  ['quarter', 4],
  ['fourth', 4],
  ['fifth', 5],
  ['sixth', 6],
  ['seventh', 7],
  ['eighth', 8],
  ['ninth', 9],
  ['tenth', 10],
]);

/** A number in words, as LaTeX: seven, twenty-one, negative five, two thirds. Undefined for other words. */
export function numberInWords(text: string): string | undefined {
  const words = text
    .toLowerCase()
    .trim()
    .split(/[\s-]+/);
  const negative = words[0] === 'negative' || words[0] === 'minus';
  const value = magnitude(negative ? words.slice(1) : words);
  return value === undefined ? undefined : negative ? `-${value}` : value;
}

function magnitude(words: readonly string[]): string | undefined {
  const part = parts.get((words.at(-1) ?? '').replace(/(?<!f)s$/, '')) ?? parts.get(words.at(-1) ?? '');
  if (part === undefined) return whole(words);
  const count = words.length === 1 || words[0] === 'a' ? '1' : whole(words.slice(0, -1));
  return count === undefined ? undefined : `\\frac{${count}}{${part}}`;
}

/** Up to ninety-nine. */
function whole(words: readonly string[]): string | undefined {
  const [first = '', second, more] = words;
  const [tens, units] = [numberWords.get(first), second === undefined ? '0' : numberWords.get(second)];
  if (tens === undefined || units === undefined || more !== undefined) return undefined;
  if (second === undefined) return tens;
  const fits = Number(tens) >= 20 && Number(units) >= 1 && Number(units) <= 9;
  return fits ? String(Number(tens) + Number(units)) : undefined;
}
