import type { TextPosition } from './text-position.js';

/**
 * A number of a data file by its text, where a double would be another number: `9007199254740993`, `1e400`, the
 * DECIMAL `45678901234567890123.45`. Also the words that Python writes for what is no number.
 */
export class WrittenNumber {
  /** `position` is where a text file has it. */
  constructor(
    readonly text: string,
    readonly position?: TextPosition,
  ) {}

  /** Whether it is one of `NaN`, `Infinity` and `-Infinity`. */
  get isWord(): boolean {
    return /[NI]/.test(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** Digits of a number as its file has them; undefined for what is not a number, NaN and infinities included. */
export function digitsOf(value: unknown): string | undefined {
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return value instanceof WrittenNumber && !value.isWord ? value.text : undefined;
}

/** The double of a JSON number, or the number as written if the double's own text would be another number. */
export function exactNumber(text: string, position: TextPosition): number | WrittenNumber {
  const double = Number(text);
  const shown = String(double);
  if (shown === text) return double;
  // An exponent means that the double has no digits of its own, as 1e400 and 1000000000000000000000 have none.
  if (/[a-z]/i.test(shown) || canonical(text) !== canonical(shown)) return new WrittenNumber(text, position);
  return double;
}

/** Whether no double is this number, so that others would read another one. */
export const isBeyondDouble = ({ text, isWord }: WrittenNumber): boolean =>
  !isWord && canonical(text) !== canonical(String(Number(text)));

/** Significant digits and the power of ten behind them: the same for 12e1, 120 and 120.0. */
function canonical(text: string): string {
  const [mantissa = '', exponent = '0'] = text.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const first = digits.search(/[1-9]/);
  if (first < 0) return '0';
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return `${digits.slice(first, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
