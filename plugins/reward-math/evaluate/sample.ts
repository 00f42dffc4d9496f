import type { Budget } from '../budget.js';
import { some, symbolNames, type Expression } from '../expression.js';
import type { Canonicaliser } from '../form/canonical.js';
import { ComplexField, type Complex } from '../numeric/complex.js';
import { Evaluator } from './evaluator.js';
import { fractionFrom, hash } from './hash.js';

const workingBits = 192;
/** Last bits of a value that rounding may have spoilt; the 140 before them, about 42 decimal digits, must agree. */
const spoilt = 52;
const maxBits = 4096;

/** Ranges from which the symbols of one sample point are drawn; the sign pattern "mixed" decides per symbol. */
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
const enoughPoints = 5;

/** Same value wherever both have one? Undefined if no point could tell. */
export function sameValues(
  a: Expression,
  b: Expression,
  canonicaliser: Canonicaliser,
  budget: Budget,
): boolean | undefined {
  const names = symbolNames(b, symbolNames(a));
  if (names.size === 0 && !hasOpenName(a) && !hasOpenName(b)) return sameConstant(a, b, budget);
  const whole = needsIntegers(a, canonicaliser) || needsIntegers(b, canonicaliser);
  const complex = usesI(a) || usesI(b);
  let agreed = 0;
  for (let k = 0; k < ranges.length && agreed < enoughPoints; k++) {
    const same = sameAt(a, b, k, whole, complex, budget);
    if (same === false) return false;
    if (same === true) agreed++;
  }
  return agreed >= 2 ? true : undefined;
}

function hasOpenName(e: Expression): boolean {
  return some(e, (part) => part.kind === 'apply' || part.kind === 'text');
}

function usesI(e: Expression): boolean {
  return some(e, (part) => part.kind === 'constant' && part.name === 'i');
}

/** Factorials, binomials, floors, sums and powers of negative numbers only make sense at whole numbers. */
function needsIntegers(e: Expression, canonicaliser: Canonicaliser): boolean {
  return some(e, (part) => {
    if (part.kind === 'call')
      return ['factorial', 'doubleFactorial', 'binom', 'floor', 'ceil', 'mod', 'gcd', 'lcm', 'pmod'].includes(
        part.name,
      );
    if (part.kind === 'big') return part.operator === 'sum' || part.operator === 'prod';
    if (part.kind !== 'power' || canonicaliser.exact(part.exponent) !== undefined) return false;
    const base = canonicaliser.exact(part.base);
    return base !== undefined && base.n < 0n;
  });
}

function sameAt(
  a: Expression,
  b: Expression,
  round: number,
  whole: boolean,
  complex: boolean,
  budget: Budget,
): boolean | undefined {
  const field = new ComplexField(workingBits, budget);
  const point = whole ? integerPoint(field, round) : rationalPoint(field, round);
  const evaluator = new Evaluator(field, point, budget);
  const left = evaluator.evaluate(a);
  const right = left && evaluator.evaluate(b);
  if (!left || !right) return undefined;
  // Without i in the answer, a value off the real line means the point lies outside the domain.
  if (!complex && !(isNearlyReal(field, left, evaluator.largest) && isNearlyReal(field, right, evaluator.largest)))
    return undefined;
  return close(field, left, right, evaluator.largest);
}

function isNearlyReal(field: ComplexField, value: Complex, largest: number): boolean {
  return field.real.top(value.im) <= Math.max(field.real.top(value.re), largest) - field.bits + spoilt;
}

function close(field: ComplexField, a: Complex, b: Complex, largest: number): boolean {
  const top = (value: Complex): number => Math.max(field.real.top(value.re), field.real.top(value.im));
  return top(field.subtract(a, b)) <= Math.max(top(a), top(b), largest) - field.bits + spoilt;
}

export function rationalPoint(field: ComplexField, round: number): (name: string) => Complex {
  const [low, high] = ranges[round % ranges.length]!;
  return (name) => field.from(fractionFrom(`${name}@${round}`, low, high));
}

/** Whole numbers between 2 and 12, most of them different for different names. */
function integerPoint(field: ComplexField, round: number): (name: string) => Complex {
  return (name) => field.integer(2 + ((hash(name) + round * (1 + (hash(`${name}+`) % 7))) % 11));
}

/**
 * Two numbers without symbols. Where they agree and are large, an integer's difference could hide below the last bit,
 * so the precision grows with their size; beyond the largest precision, agreement proves nothing.
 */
function sameConstant(a: Expression, b: Expression, budget: Budget): boolean | undefined {
  for (let bits = workingBits; bits <= maxBits;) {
    const field = new ComplexField(bits, budget);
    const evaluator = new Evaluator(field, () => undefined, budget);
    const left = evaluator.evaluate(a);
    const right = left && evaluator.evaluate(b);
    if (!left || !right) return undefined;
    if (!close(field, left, right, evaluator.largest)) return false;
    const size = Math.max(field.real.top(field.abs(left)), evaluator.largest);
    if (size + workingBits <= bits + 64) return true;
    bits = size + workingBits + 64;
  }
  return undefined;
}

/** The value of an expression without symbols, with its precision. */
export function constantValue(e: Expression, budget: Budget): { field: ComplexField; value: Complex } | undefined {
  const field = new ComplexField(workingBits, budget);
  const value = new Evaluator(field, () => undefined, budget).evaluate(e);
  return value && { field, value };
}
