/** A fraction of whole numbers, reduced; the denominator is positive. */
const fractionKey = (numerator: bigint, denominator: bigint): string => {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b > 0n) [a, b] = [b, a % b];
  return `#${String(numerator / a)}/${String(denominator / a)}`;
};

/** Longer numbers are compared as text: arithmetic on what a model wrote must stay small. */
const maxDigits = 40;

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?$/;
const fraction = /^([+-]?)(?:\\frac\{(\d+)\}\{(\d+)\}|\\frac(\d)(\d)|(\d+)\/(\d+))$/;

function numberKey(text: string): string | null {
  if (text.length > maxDigits) return null;
  const plain = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text) ? text.replaceAll(',', '') : text;
  const [, sign = '', whole = '', places = ''] = decimal.exec(plain) ?? [];
  if (whole + places !== '')
    return fractionKey(BigInt(`${sign === '-' ? '-' : ''}${whole}${places}`), 10n ** BigInt(places.length));
  const found = fraction.exec(text);
  if (found === null) return null;
  const [minus, above, below] = found.slice(1).filter((part) => part !== undefined);
  const denominator = BigInt(below ?? 0);
  return denominator === 0n ? null : fractionKey(BigInt(`${minus === '-' ? '-' : ''}${above ?? ''}`), denominator);
}

const spelling: readonly (readonly [RegExp, string])[] = [
  [/\\(?:left|right|displaystyle|[,!;: ])|[\s$~]/g, ''],
  [/\\[dt]frac/g, '\\frac'],
  [/\\(?:text|mathrm|mathbf|textbf|boxed)\{([^{}]*)\}/g, '$1'],
  [/\{,\}/g, ','],
  [/\.$/, ''],
];

/**
 * The same text for answers that are the same to any reader of mathematics: spaces, spacing commands, case, and the way
 * in which a number or a fraction is written do not matter. For telling wrong answers apart: a verifier compares an
 * answer with the gold answer, and comparing all pairs of wrong answers with it would take longer than grading.
 */
export function answerKey(answer: string): string {
  const text = spelling.reduce((before, [pattern, by]) => before.replace(pattern, by), answer.normalize('NFKC'));
  return numberKey(text) ?? text.toLowerCase();
}
