import type { Complex, ComplexField } from '../numeric/complex.js';
import { fractionFrom, hash } from './hash.js';

/** Values of all names at one sample point. */
export interface Point {
  /** Differs from point to point, so that functions known by name only take other values at each. */
  readonly seed: string;
  valueOf(name: string): Complex | undefined;
}

/** Which numbers a name may stand for. */
export type Domain = 'real' | 'whole' | 'complex';

/** For expressions without names. */
export const nowhere: Point = { seed: '', valueOf: () => undefined };

/** Ranges from which the symbols of one sample point are drawn, one range per round. */
const ranges: readonly (readonly [number, number])[] = [
  [0, 3],
  [0, 1],
  [-3, 0],
  [3, 30],
  [-2, 2],
  [1, 2],
  [-1, 1],
  [1, 9],
];

/** Wide ranges, for functions with steps and corners, which may agree on a short interval. */
const wideRanges: readonly (readonly [number, number])[] = [
  [-40, 40],
  [200, 3000],
  [-3000, -200],
  [100_000, 1_000_000],
];

export const rounds = ranges.length;
/** Small whole numbers, where pieces of functions meet. */
const corners = [0, 1, -1, 2, -2, 3];
export const allRounds = rounds + wideRanges.length + corners.length;

/** A point of real numbers; `domainOf` names the symbols that are whole or complex instead. */
export function samplePoint(
  field: ComplexField,
  round: number,
  domainOf: (name: string) => Domain = () => 'real',
): Point {
  const range = [...ranges, ...wideRanges][round];
  const corner = corners[(round - rounds - wideRanges.length) % corners.length] ?? 0;
  const real = (name: string): Complex =>
    range ? field.from(fractionFrom(`${name}@${round}`, ...range)) : field.integer(corner);
  const valueOf = (name: string): Complex => {
    const domain = domainOf(name);
    if (domain === 'whole') return field.integer(wholeValue(name, round));
    return domain === 'complex' ? { re: real(name).re, im: real(`${name} imaginary`).re } : real(name);
  };
  return { seed: `@${round}`, valueOf };
}

/** Whole numbers between 2 and 12, most of them different for different names; some hundreds in the wide rounds. */
function wholeValue(name: string, round: number): number {
  const start = hash(name);
  if (round >= rounds) return 13 + ((start + round * 97) % 350);
  return 2 + ((start + round * (1 + (hash(`${name}+`) % 7))) % 11);
}
