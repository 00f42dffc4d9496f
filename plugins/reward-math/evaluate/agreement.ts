import type { Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import { ComplexField, type Complex } from '../numeric/complex.js';
import { Evaluator } from './evaluator.js';
import type { Point } from './points.js';

export const workingBits = 192;
/** Beyond this precision, agreement proves nothing. */
const maxBits = 4096;
/** Last bits of a value that rounding may have spoilt. */
const spoilt = 52;
/** Bits that must agree for two values to count as equal, beside the span of the magnitudes met on the way. */
const proof = 100;
/** Sizes up to this power of two are covered by the proof itself. */
const ordinary = 20;
/** Values closer than this many bits are looked at again with more precision before they count as different. */
const suspicious = 60;

/** `unclear`: even the largest precision cannot tell. `no value`: the point lies outside a domain. */
export type Agreement = 'equal' | 'different' | 'unclear' | 'no value';

/** What two expressions are compared at. */
export interface Comparison {
  readonly makePoint: (field: ComplexField) => Point;
  /** Whether values off the real line count; otherwise they mean that the point lies outside the domain. */
  readonly complex: boolean;
  /** Whether a value on one side only is a difference, as for functions in pieces, whose domains were written out. */
  readonly sameDomain: boolean;
  readonly budget: Budget;
}

/**
 * Compares the values of two expressions at a point. The tolerance follows the compared values, never what was
 * cancelled on the way: when cancelling has eaten the digits that the proof needs, precision grows, and where it cannot
 * grow far enough the result is unclear.
 */
export function compareAt(a: Expression, b: Expression, comparison: Comparison): Agreement {
  let bits = workingBits;
  let lastGap = Infinity;
  for (;;) {
    const field = new ComplexField(bits, comparison.budget);
    const evaluator = new Evaluator(field, comparison.makePoint(field), comparison.budget);
    const left = evaluator.evaluate(a);
    const right = left || comparison.sameDomain ? evaluator.evaluate(b) : undefined;
    const [inA, inB] = [left, right].map((value) => value && (comparison.complex || isNearlyReal(value, evaluator)));
    if (!left || !right || !inA || !inB) return comparison.sameDomain && inA !== inB ? 'different' : 'no value';
    const gap = field.top(field.subtract(left, right));
    const scale = Math.max(field.top(left), field.top(right));
    if (evaluator.approximate) return roughly(gap, scale, evaluator);
    const noise = noiseOf(evaluator, scale);
    if (gap > noise && (gap > scale - suspicious || gap > lastGap - spoilt)) return 'different';
    const missing = gap > noise ? bits : missingBits(scale, noise, evaluator.span);
    if (missing <= 0) return 'equal';
    if (bits === maxBits) return gap > noise ? 'different' : 'unclear';
    lastGap = gap > noise ? gap : Infinity;
    bits = Math.min(maxBits, bits + Math.max(64, missing));
  }
}

/** Integrals, limits and infinite sums come with fewer exact bits, and prove nothing where much has cancelled. */
function roughly(gap: number, scale: number, { largest, span }: Evaluator): Agreement {
  if (gap > Math.max(scale, -20) - suspicious + 10) return 'different';
  return largest > Math.max(scale, -20) + 40 || span > 60 || scale > 40 ? 'unclear' : 'equal';
}

/** Position of the first bit that rounding may have spoilt. */
function noiseOf(evaluator: Evaluator, scale: number): number {
  return Math.max(evaluator.largest, scale) - evaluator.field.bits + spoilt;
}

/**
 * How many bits are missing until values that agree up to noise are proved equal. Two values that are nothing but
 * noise are both zero only if the noise lies far below anything the numbers met could combine to.
 */
function missingBits(scale: number, noise: number, span: number): number {
  const far = Math.max(scale, 0) + span;
  return scale > noise ? proof + (far > ordinary ? far : 0) - (scale - noise) : noise + proof + 2 * far;
}

function isNearlyReal(value: Complex, evaluator: Evaluator): boolean {
  const { real } = evaluator.field;
  return real.top(value.im) <= noiseOf(evaluator, real.top(value.re));
}

/** A number with the position of the first bit that rounding may have spoilt. */
export interface Approximation {
  readonly value: Complex;
  readonly noise: number;
}

/** The value of an expression without names, exact enough to tell it from zero; undefined if it has none. */
export function constantValue(e: Expression, point: Point, budget: Budget): Approximation | undefined {
  let bits = workingBits;
  for (;;) {
    const field = new ComplexField(bits, budget);
    const evaluator = new Evaluator(field, point, budget);
    const value = evaluator.evaluate(e);
    if (value === undefined) return undefined;
    const scale = field.top(value);
    const noise = noiseOf(evaluator, scale);
    const missing = scale > noise && scale - noise >= proof ? 0 : noise + proof + 2 * evaluator.span;
    if (missing <= 0) return { value, noise };
    if (bits === maxBits) return undefined;
    bits = Math.min(maxBits, bits + Math.max(64, missing));
  }
}
