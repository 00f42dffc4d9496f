import { rational, type Rational } from '../numeric/rational.js';

/** A numeral read from the text: its value and how many characters it took. */
export interface Numeral {
  readonly value: Rational;
  readonly decimal: boolean;
  readonly length: number;
}

/** Separators that only occur inside one numeral: {,}, a thin or narrow space, an apostrophe. */
const joined = String.raw`(?:\s?\{\s*,\s*\}(?:\\!)?|,\s?\\!\s*|\\[ ,;:]|'|~|\\thinspace\s?|[\u00a0\u2009\u202f])`;
const patterns = {
  joinedThousands: new RegExp(String.raw`\d{1,3}(?:${joined}\d{3})+(?!\d)(?:\.\d+)?`, 'y'),
  thousands: /[1-9]\d{0,2}(?:,\d{3})+(?![\d])(?!,\s*[\d(\\-])(?:\.\d+)?/y,
  points: /[1-9]\d{0,2}(?:\.\d{3}){2,}(?![\d.])/y,
  spaced: /[1-9]\d{0,2}(?: \d{3})+(?![\d])(?:\.\d+)?/y,
  decimalComma: /0,\d{3}$/y,
  repeating: /(\d*)\.(\d*)(?:\\overline|\\bar|\\dot)\s*(?:\{\s*(\d+)\s*\}|(\d))/y,
  repeatingBrackets: /(\d*)\.(\d*)\((\d+)\)(?:$|\s*[}$])/y,
  ellipsis: /(\d*)\.(\d+)(?:\s*\.\.\.|\s*\\[lc]?dots(?:[cb])?(?![a-zA-Z])|\s*…)/y,
  scientific: /(\d+(?:\.\d*)?|\.\d+)[eE]([+-]?\d{1,4})(?!\d|\.\d|[a-zA-Z])/y,
  plain: /\d+(?:\.\d+)?|\.\d+/y,
};

/**
 * Reads a numeral at `at`. Thousands separated by a bare comma or space count only outside brackets: (1,234) is a pair.
 */
export function readNumeral(text: string, at: number, insideBrackets: boolean): Numeral | undefined {
  const simple = simpleNumeral(text, at);
  if (simple !== undefined) return simple;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const repeating = take(patterns.repeating) ?? take(patterns.repeatingBrackets);
  if (repeating) return repeatingDecimal(repeating);
  const ellipsis = take(patterns.ellipsis);
  const continued = ellipsis && continuedDecimal(ellipsis);
  if (continued) return continued;
  const points = insideBrackets ? null : take(patterns.points);
  if (points) return plainNumeral(points[0], points[0].replaceAll('.', ''));
  const grouped =
    take(patterns.joinedThousands) ?? (insideBrackets ? null : (take(patterns.thousands) ?? take(patterns.spaced)));
  if (grouped) return plainNumeral(grouped[0], grouped[0].replace(/[^\d.]/g, ''));
  if (at === 0) {
    const comma = take(patterns.decimalComma);
    if (comma) return plainNumeral(comma[0], comma[0].replace(',', '.'));
  }
  const scientific = take(patterns.scientific);
  if (scientific) return scientificNumeral(scientific);
  const plain = take(patterns.plain);
  return plain ? plainNumeral(plain[0], plain[0]) : undefined;
}

/** Digits with nothing behind them that could belong to the numeral: most numbers. */
function simpleNumeral(text: string, at: number): Numeral | undefined {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end++;
  if (end === at || (end < text.length && !endsNumeral.has(text.charAt(end)))) return undefined;
  return { value: { n: BigInt(text.slice(at, end)), d: 1n }, decimal: false, length: end - at };
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const endsNumeral = new Set(')]}^_+-*/=<>!:;|&%$xyzabcnk');

function plainNumeral(written: string, digits: string): Numeral {
  return { value: decimalValue(digits), decimal: digits.includes('.'), length: written.length };
}

/** The exact value of digits with at most one point. */
export function decimalValue(digits: string): Rational {
  if (!digits.includes('.')) return { n: BigInt(digits), d: 1n };
  const [whole = '', fraction = ''] = digits.split('.');
  return rational(BigInt(whole + fraction), 10n ** BigInt(fraction.length));
}

/** 0.1666… written as 0.1\overline{6}: exactly (16 - 1)/90. */
function repeatingDecimal(match: RegExpExecArray): Numeral {
  const [written, whole = '', fixed = '', braced, digit] = match;
  const tail = /[\s}$]+$/.exec(written)?.[0].length ?? 0;
  const length = written.includes('{') ? written.length : written.length - tail;
  return { value: repeatingValue(whole, fixed, braced ?? digit ?? '0'), decimal: false, length };
}

function repeatingValue(whole: string, fixed: string, cycle: string): Rational {
  const scale = 10n ** BigInt(fixed.length);
  const all = BigInt(whole + fixed + cycle) - BigInt(whole + fixed || '0');
  return rational(all, scale * (10n ** BigInt(cycle.length) - 1n));
}

/** 0.1666…, if the digits end in a cycle that is written at least twice; the shortest such cycle repeats. */
function continuedDecimal(match: RegExpExecArray): Numeral | undefined {
  const [written, whole = '', digits = ''] = match;
  for (let cycle = 1; 2 * cycle <= Math.min(digits.length, 60); cycle++) {
    const last = digits.slice(-cycle);
    if (!digits.endsWith(last + last)) continue;
    let fixed = digits.slice(0, -2 * cycle);
    while (fixed.endsWith(last)) fixed = fixed.slice(0, -cycle);
    return { value: repeatingValue(whole, fixed, last), decimal: false, length: written.length };
  }
  return undefined;
}

function scientificNumeral(match: RegExpExecArray): Numeral {
  const [written, mantissaDigits = '', exponentDigits = ''] = match;
  const mantissa = decimalValue(mantissaDigits);
  const exponent = Number(exponentDigits);
  const scale = 10n ** BigInt(Math.abs(exponent));
  const value = exponent >= 0 ? rational(mantissa.n * scale, mantissa.d) : rational(mantissa.n, mantissa.d * scale);
  return { value, decimal: mantissaDigits.includes('.') || exponent < 0, length: written.length };
}
