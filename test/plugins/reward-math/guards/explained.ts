/** Acceptances of the hack matrix that are right, each with the reason; docs/reward.md lists them. */
export interface Explanation {
  /** Whether it is about this string or template. */
  readonly attempt: RegExp;
  /** Whether it is about this gold. */
  readonly gold: RegExp;
  readonly reason: string;
}

const zero = /0|\\emptyset/;
const relation = /[<>]|\\(?:le|ge|lt|gt|ne)|[≤≥≠]/;

export const explanations: readonly Explanation[] = [
  { attempt: /^[^G]*=[^G]*$/, gold: /^/, reason: 'a true equation answers its own right side: 2+2=4 answers 4' },
  { attempt: /^[a-z](?:\(x\))?[+]|[+-][a-z]/, gold: /^[^=]*[a-z(]*\)?\s*=|^\s*[a-z]\s*$/i, reason: 'it is equal to x' },
  { attempt: /999953/, gold: /^\D*\(?[A-J]\)?\W*$/, reason: 'an option letter may be followed by its text' },
  {
    attempt: /\\cup|\\mid/,
    gold: /\\infty|mathbb|\\ge|>|\\le|</,
    reason: 'the set has the number that is added already',
  },
  {
    attempt: /\\approx/,
    gold: /^\D*(?:9[3-9]|1[\D]*0[0-6])\D*\d\D*\d\D*\d/,
    reason: 'it is an approximation to some percent',
  },
  { attempt: /\\approx/, gold: /\\text|\^/, reason: 'it is an approximation to some percent' },
  { attempt: /[<>]|\\ne|\\le|\\ge|minus|-/, gold: relation, reason: 'it adds a true statement to gold' },
  { attempt: /over|G 999953|quad|negative|G G|mid x = G/, gold: zero, reason: 'zero times or divided by it is zero' },
  { attempt: /^999953 : G$|lfloor/, gold: /,/, reason: 'an expression is said to have the value of gold' },
  { attempt: /./, gold: /\\mathbb\{R\}|\(-\\infty,\s*\\infty\)/, reason: 'all real numbers' },
];

export function isExplained(attempt: string, gold: string): boolean {
  return explanations.some((one) => one.attempt.test(attempt) && one.gold.test(gold));
}
