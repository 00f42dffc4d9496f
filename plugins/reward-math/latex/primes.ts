import type { Cursor } from './cursor.js';

/** The number of primes in the exponent that comes next: ^\prime or ^{\prime\prime}. */
export function acceptPrimes(cursor: Cursor): number {
  const braces = cursor.isMark('{') ? 1 : 0;
  let count = 0;
  while (cursor.isMark("'", braces + count)) count++;
  if (count === 0 || (braces === 1 && !cursor.isMark('}', 1 + count))) return 0;
  cursor.skip(count + 2 * braces);
  return count;
}

/** The primes behind a letter, as ' or as an exponent. */
export function lettersPrimes(cursor: Cursor): string {
  let primes = '';
  while (cursor.isMark("'")) primes += cursor.next().text;
  if (primes !== '' || !cursor.isMark('^')) return primes;
  const start = cursor.mark();
  cursor.next();
  const count = acceptPrimes(cursor);
  if (count === 0) cursor.reset(start);
  return "'".repeat(count);
}
