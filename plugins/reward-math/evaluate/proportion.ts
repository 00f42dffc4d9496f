import type { Budget } from '../budget.js';
import { hasNames, type Expression } from '../expression.js';
import type { Canonicaliser } from '../form/canonical.js';
import { ComplexField, type Complex } from '../numeric/complex.js';
import { Evaluator } from './evaluator.js';
import { samplePoint } from './points.js';
import { workingBits } from './agreement.js';
import { Sampling } from './sample.js';

const maxBits = 2048;
/** Bits of a value that must be left after cancelling. */
const proof = 100;
const enoughPoints = 4;
const fewestPoints = 3;

/** Sign of the constant c with a = c · b at all sample points; `none` if there is no such constant. */
export type Proportion = 'positive' | 'negative' | 'none';

/** How two expressions with names are proportional; undefined if either is zero or too few points could tell. */
export function proportionOf(
  a: Expression,
  b: Expression,
  canonicaliser: Canonicaliser,
  budget: Budget,
): Proportion | undefined {
  if (!hasNames(a) || !hasNames(b)) return undefined;
  const sampling = new Sampling([a, b], canonicaliser);
  const field = new ComplexField(workingBits, budget);
  const ratios: Complex[] = [];
  for (let round = 0; round < sampling.rounds && ratios.length < enoughPoints; round++) {
    const [top, bottom] = [a, b].map((e) => significant(e, round, sampling, budget));
    const ratio = top && bottom && field.divide(top, bottom);
    if (ratio) ratios.push(ratio);
  }
  const [first] = ratios;
  if (first === undefined || ratios.length < fewestPoints) return undefined;
  const tolerance = field.top(first) - proof + 10;
  const constant = ratios.every((ratio) => field.top(field.subtract(ratio, first)) < tolerance);
  if (!constant || field.real.top(first.im) >= tolerance) return 'none';
  return first.re.m > 0n ? 'positive' : 'negative';
}

/** The value at a sample point with enough bits left after cancelling; undefined if there is none or it may be zero. */
function significant(e: Expression, round: number, sampling: Sampling, budget: Budget): Complex | undefined {
  let bits = workingBits;
  for (;;) {
    const field = new ComplexField(bits, budget);
    const evaluator = new Evaluator(
      field,
      samplePoint(field, round, (name) => sampling.domainOf(name)),
      budget,
    );
    const value = evaluator.evaluate(e);
    if (!value || field.isZero(value)) return undefined;
    const missing = Math.max(evaluator.largest, field.top(value)) - bits + 52 + proof - field.top(value);
    if (missing <= 0) return value;
    if (bits + missing > maxBits || bits > workingBits) return undefined;
    bits += missing;
  }
}
