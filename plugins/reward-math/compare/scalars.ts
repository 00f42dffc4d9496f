import { zip } from '../../../core/arrays.js';
import { call, children, mapChildren, number, product, reciprocal, some, type Expression } from '../expression.js';
import { constantValue, type Approximation } from '../evaluate/agreement.js';
import { nowhere } from '../evaluate/points.js';
import { sameValues } from '../evaluate/sample.js';
import { decimalValue } from '../latex/numerals.js';
import { knownUnit } from '../latex/units.js';
import {
  add,
  bitLength,
  compare,
  equals,
  integer,
  multiply,
  negate,
  rational,
  roundScaled,
  type Rational,
} from '../numeric/rational.js';
import type { Real } from '../numeric/real.js';
import { any, canonicalKey, different, type Context, type Outcome } from './context.js';
import { compareClocks } from './clock.js';
import { isDecimal } from './decimals.js';
import { compareProgressions } from './parameters.js';

/** Compares two single values: exactly, by normal form, by rounding if a decimal is involved, else numerically. */
export function compareScalars(gold: Expression, prediction: Expression, context: Context): Outcome {
  const special = compareSpecial(gold, prediction, context);
  if (special !== undefined) return special;
  const [g, p] = [withoutDegree(gold), withoutDegree(prediction)];
  if (g.degree !== p.degree && (g.degree ? mentionsPi(prediction) : mentionsPi(gold))) {
    return compareNumbers(g.degree ? inRadians(g.value) : gold, p.degree ? inRadians(p.value) : prediction, context);
  }
  const plain = compareProgressions(g.value, p.value, context) ?? compareNumbers(g.value, p.value, context);
  if (plain.equal !== false || !context.settings.percentAsNumber) return plain;
  return any([compareNumbers(withoutPercent(g.value), withoutPercent(p.value), context)], plain);
}

function compareNumbers(gold: Expression, prediction: Expression, context: Context): Outcome {
  const [g, p] = [context.canonicaliser.exact(gold), context.canonicaliser.exact(prediction)];
  const rounded = (isDecimal(gold) || isDecimal(prediction)) && !hasSymbols(gold) && !hasSymbols(prediction);
  if (g && p) {
    if (equals(g, p)) return { equal: true, rule: 'exact' };
    return rounded ? { equal: sameRounded(g, p, context), rule: 'rounded' } : different('exact');
  }
  if (canonicalKey(gold, context) === canonicalKey(prediction, context)) return { equal: true, rule: 'normal form' };
  if (mentionsInfinity(gold) || mentionsInfinity(prediction)) return different('infinity');
  if (rounded) return { equal: roundedConstants(gold, prediction, context), rule: 'rounded' };
  return { equal: sameValues(gold, prediction, context.canonicaliser, context.budget), rule: 'numeric' };
}

/** Values that are not plain numbers: texts, numerals with a base, ratios, units. */
function compareSpecial(gold: Expression, prediction: Expression, context: Context): Outcome | undefined {
  const clocks = compareClocks(gold, prediction);
  if (clocks !== undefined) return clocks;
  if (gold.kind === 'unit' || prediction.kind === 'unit') return compareUnits(gold, prediction, context);
  if (gold.kind === 'based' || prediction.kind === 'based') return compareBased(gold, prediction, context);
  if (gold.kind === 'ratio' || prediction.kind === 'ratio') return compareRatios(gold, prediction, context);
  return compareResidues(gold, prediction, context);
}

/** 4 mod 9 names a class of remainders, so the modulus belongs to it; where only one side says it, it is left out. */
function compareResidues(gold: Expression, prediction: Expression, context: Context): Outcome | undefined {
  const [g, p] = [residueOf(gold), residueOf(prediction)];
  if (g && p) {
    const modulus = context.compare(g.modulus, p.modulus);
    if (modulus.equal !== true) return { ...modulus, rule: 'modulus' };
    const remainder = (value: Expression): Expression => call('mod', value, g.modulus);
    return compareNumbers(remainder(g.value), remainder(p.value), context);
  }
  if (g && gold.kind === 'call' && gold.name === 'pmod') return compareScalars(g.value, prediction, context);
  if (p && prediction.kind === 'call' && prediction.name === 'pmod') return compareScalars(gold, p.value, context);
  return undefined;
}

function residueOf(e: Expression): { value: Expression; modulus: Expression } | undefined {
  if (e.kind !== 'call' || (e.name !== 'pmod' && e.name !== 'mod')) return undefined;
  const [value, modulus] = e.args;
  return value && modulus && { value, modulus };
}

/** Different known units of one dimension are converted; unknown words say nothing. */
function compareUnits(gold: Expression, prediction: Expression, context: Context): Outcome {
  const [goldValue, predictionValue] = [
    gold.kind === 'unit' ? gold.value : gold,
    prediction.kind === 'unit' ? prediction.value : prediction,
  ];
  const plain = (): Outcome => compareScalars(goldValue, predictionValue, context);
  if (gold.kind !== 'unit' || prediction.kind !== 'unit' || !context.settings.unitConflicts) return plain();
  const [g, p] = [knownUnit(gold.unit), knownUnit(prediction.unit)];
  if (g === undefined || p === undefined) return plain();
  if (g.dimension !== p.dimension) return different('unit');
  if (g.size === p.size) return plain();
  const factor = number(decimalValue((p.size / g.size).toFixed(15)), true);
  const converted = compareScalars(goldValue, product([predictionValue, factor]), context);
  return { ...converted, rule: `unit: ${converted.rule}` };
}

/** A numeral in a stated base answers a question about form, so its digits must be the same, not only its value. */
function compareBased(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (gold.kind === 'based' && prediction.kind === 'based') {
    return { equal: gold.digits === prediction.digits && gold.base === prediction.base, rule: 'base' };
  }
  const [based, plain] = gold.kind === 'based' ? [gold, prediction] : [prediction, gold];
  const value = context.canonicaliser.exact(plain);
  const literal = plain.kind === 'number' && value !== undefined && value.d === 1n;
  return { equal: literal && based.kind === 'based' && value.n.toString() === based.digits, rule: 'base' };
}

/** Ratios are equal if proportional; times only if the same. A ratio of two may be written as a fraction. */
function compareRatios(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (gold.kind !== 'ratio' || prediction.kind !== 'ratio') {
    const [g, p] = [asFraction(gold, context), asFraction(prediction, context)];
    return g && p ? { ...compareScalars(g, p, context), rule: 'ratio' } : different('ratio');
  }
  const [goldFirst, first] = [gold.parts.at(0), prediction.parts.at(0)];
  if (!goldFirst || !first || gold.parts.length !== prediction.parts.length) return different('ratio');
  const pairs = [...zip(gold.parts, prediction.parts)];
  if (gold.time || prediction.time)
    return { equal: pairs.every(([g, p]) => compareScalars(g, p, context).equal === true), rule: 'time' };
  if (isZero(goldFirst, context) || isZero(first, context))
    return { equal: canonicalKey(gold, context) === canonicalKey(prediction, context), rule: 'ratio' };
  const proportional = pairs.every(
    ([g, p]) => compareScalars(product([g, first]), product([p, goldFirst]), context).equal === true,
  );
  return { equal: proportional, rule: 'ratio' };
}

/** a:b as a/b, unless one of them is zero; any other value as it is. */
function asFraction(e: Expression, context: Context): Expression | undefined {
  if (e.kind !== 'ratio') return e;
  const [top, bottom, more] = e.parts;
  if (!top || !bottom || more || isZero(top, context) || isZero(bottom, context)) return undefined;
  return product([top, reciprocal(bottom)]);
}

function isZero(e: Expression, context: Context): boolean {
  return context.canonicaliser.exact(e)?.n === 0n;
}

function hasSymbols(e: Expression): boolean {
  return some(
    e,
    (part) => part.kind === 'symbol' || part.kind === 'apply' || part.kind === 'text' || part.kind === 'big',
  );
}

/** Whether it is infinite or computes with infinity; as a bound of a sum or an integral it is neither. */
function mentionsInfinity(e: Expression): boolean {
  if (e.kind === 'constant') return e.name === '∞';
  return e.kind !== 'big' && children(e).some(mentionsInfinity);
}

function mentionsPi(e: Expression): boolean {
  return some(e, (part) => part.kind === 'constant' && part.name === 'π');
}

/**
 * Both rounded to the decimals of the settings. Small numbers must agree relatively as well, at six decimals to half a
 * percent: otherwise 0.0000004 would equal 0.
 */
function sameRounded(a: Rational, b: Rational, context: Context): boolean {
  const { precision } = context.settings;
  if (roundScaled(a, precision) !== roundScaled(b, precision)) return false;
  const gap = add(a, negate(b));
  const size = a.n < 0n ? negate(a) : a;
  const relative = precision >= 4 ? rational(1n, 2n * 10n ** BigInt(precision - 4)) : rational(1n, 1n);
  return compare(gap.n < 0n ? negate(gap) : gap, multiply(size, relative)) <= 0;
}

function roundedConstants(gold: Expression, prediction: Expression, context: Context): boolean | undefined {
  const [g, p] = [gold, prediction].map((e) => constantValue(e, nowhere, context.budget));
  if (!g || !p) return undefined;
  const parts = (['re', 'im'] as const).map((part) => [partOf(g, part), partOf(p, part)] as const);
  if (parts.some((pair) => pair.includes(undefined)))
    return sameValues(gold, prediction, context.canonicaliser, context.budget);
  return parts.every(([a, b]) => a && b && sameRounded(a, b, context));
}

/** The real or imaginary part, exactly zero if nothing but rounding is left of it; undefined beyond all sizes. */
function partOf({ value, noise }: Approximation, part: 're' | 'im'): Rational | undefined {
  const { m, e } = value[part];
  const top = m === 0n ? -Infinity : e + bitLength(m);
  return top <= noise ? integer(0) : asRational(value[part]);
}

function asRational(value: Real): Rational | undefined {
  if (Math.abs(value.e) > 3000) return undefined;
  return value.e >= 0 ? { n: value.m << BigInt(value.e), d: 1n } : rational(value.m, 1n << BigInt(-value.e));
}

function withoutDegree(e: Expression): { value: Expression; degree: boolean } {
  const [argument] = e.kind === 'call' ? e.args : [];
  if (e.kind === 'call' && e.name === 'degree' && argument) return { value: argument, degree: true };
  if (e.kind !== 'product') return { value: e, degree: false };
  const degree = e.factors.some((factor) => factor.kind === 'call' && factor.name === 'degree');
  return degree
    ? { value: product(e.factors.map((factor) => withoutDegree(factor).value)), degree }
    : { value: e, degree };
}

function inRadians(degrees: Expression): Expression {
  return product([degrees, { kind: 'constant', name: 'π' }, number(rational(1n, 180n))]);
}

function withoutPercent(e: Expression): Expression {
  const [argument] = e.kind === 'call' && e.name === 'percent' ? e.args : [];
  return argument ?? mapChildren(e, withoutPercent);
}
