import type { Token } from './tokens.js';

/** 152A_{11}: a number and letters glued together before a numeric subscript are the digits of one numeral. */
export function joinBasedDigits(tokens: readonly Token[]): Token[] {
  if (!tokens.some((token) => token.kind === 'mark' && token.text === '_')) return [...tokens];
  const result: Token[] = [];
  for (let at = 0; at < tokens.length;) {
    const numeral = basedNumeral(tokens, at);
    const [first] = tokens.slice(at);
    if (first === undefined) break;
    result.push(numeral === undefined ? first : { kind: 'letter', text: numeral.text, space: first.space });
    at += numeral?.length ?? 1;
  }
  return result;
}

/** The numeral with its base that starts here, if it has letters among its digits; `length` in LaTeX tokens. */
function basedNumeral(tokens: readonly Token[], at: number): { text: string; length: number } | undefined {
  const end = digitsEnd(tokens, at);
  if (end === at) return undefined;
  const braced = tokens[end + 1]?.text === '{';
  const base = Number(tokens[end + (braced ? 2 : 1)]?.text);
  const digits = tokens.slice(at, end).map((token) => token.text);
  const text = digits.join('').toUpperCase();
  const largest = Math.max(...[...text].map((digit) => Number.parseInt(digit, 36)));
  if (!(base > 10 && base <= 36) || largest >= base) return undefined;
  return { text: `${text}_${base}`, length: end - at + (braced ? 4 : 2) };
}

/** Index of the subscript mark behind a run of glued digits and letters that holds a digit and a letter; else `at`. */
function digitsEnd(tokens: readonly Token[], at: number): number {
  let [end, numbers, letters] = [at, 0, 0];
  for (const token of tokens.slice(at, at + 40)) {
    if (end > at && token.space && token.kind !== 'mark') return at;
    if (token.kind === 'number' && /^\d+$/.test(token.text)) numbers++;
    else if (token.kind === 'letter' && /^[A-Za-z]$/.test(token.text)) letters++;
    else break;
    end++;
  }
  const mark = tokens[end];
  return numbers > 0 && letters > 0 && mark?.kind === 'mark' && mark.text === '_' ? end : at;
}
