import {
  lastSide,
  list,
  mapChildren,
  negated,
  sidesOf,
  some,
  symbol,
  symbolNames,
  type Expression,
  type List,
  type Relation,
} from '../expression.js';
import { LimitReached } from '../budget.js';
import { meaningfulWords } from '../latex/tables/words.js';

/**
 * Case of variables: X answers x, unless one of the answers uses a letter in both cases, as in R² - r².
 * Returns both expressions, folded to lower case where that is safe.
 */
export function foldCase(gold: Expression, prediction: Expression): [Expression, Expression] {
  if (usesBothCases(gold) || usesBothCases(prediction)) return [gold, prediction];
  return [lowered(gold), lowered(prediction)];
}

const orders = new Set(['<', '>', '≤', '≥', '≡']);

/** In i < 11 or n ≡ i, i is a variable: complex numbers have no order. */
export function variableI(gold: Expression, prediction: Expression): [Expression, Expression] {
  const ordersI = (e: Expression): boolean =>
    some(
      e,
      (part) => part.kind === 'relation' && mentionsI(part) && part.rest.some((step) => orders.has(step.operator)),
    );
  return ordersI(gold) || ordersI(prediction) ? [withVariableI(gold), withVariableI(prediction)] : [gold, prediction];
}

function mentionsI(e: Expression): boolean {
  return some(e, (part) => part.kind === 'constant' && part.name === 'i');
}

function withVariableI(e: Expression): Expression {
  return e.kind === 'constant' && e.name === 'i' ? symbol('i') : mapChildren(e, withVariableI);
}

function usesBothCases(e: Expression): boolean {
  const names = [...symbolNames(e)];
  if (some(e, (part) => part.kind === 'constant' && part.name === 'e')) names.push('e');
  return new Set(names.map((name) => name.toLowerCase())).size < new Set(names).size;
}

function lowered(e: Expression): Expression {
  if (e.kind === 'symbol') return /^[ℝ∠ℤ]/.test(e.name) ? e : { ...e, name: e.name.toLowerCase() };
  const inner = mapChildren(e, lowered);
  return inner.kind === 'apply' ? { ...inner, name: inner.name.toLowerCase() } : inner;
}

const maxChoices = 64;

/** Writes out every ±: x = 1 ± 2 becomes a list of two. Signs ± and ∓ in one value move together. */
export function expandPlusMinus(e: Expression): Expression {
  if (!hasPlusMinus(e)) return e;
  if (e.kind === 'list' && (e.open !== '(' || e.items.some((item) => item.kind === 'list'))) {
    return { ...e, items: e.items.flatMap((item) => spread(expandPlusMinus(item))) };
  }
  return list(choices(e));
}

function hasPlusMinus(e: Expression): boolean {
  return some(e, (part) => part.kind === 'plusMinus');
}

function spread(e: Expression): readonly Expression[] {
  return e.kind === 'list' && e.open === '' ? e.items : [e];
}

function choices(e: Expression): Expression[] {
  const linked = some(e, (part) => part.kind === 'plusMinus' && part.sign === -1);
  const count = linked ? 1 : countPlusMinus(e);
  if (2 ** count > maxChoices) throw new LimitReached('plus-minus signs');
  return Array.from({ length: 2 ** count }, (_, bits) => {
    let next = 0;
    const choose = (part: Expression): Expression => {
      if (part.kind !== 'plusMinus') return mapChildren(part, choose);
      const sign = ((bits >> (linked ? 0 : next++)) & 1) === 0 ? part.sign : -part.sign;
      const value = choose(part.value);
      return sign === 1 ? value : negated(value);
    };
    return choose(e);
  });
}

function countPlusMinus(e: Expression): number {
  let count = 0;
  some(e, (part) => {
    if (part.kind === 'plusMinus') count++;
    return false;
  });
  return count;
}

/** Tidies a relation: cut before ≈, x ∈ S as S, 5 = x as x = 5, long chains of = to their ends. Others stay. */
export function tidyRelation(e: Expression): Expression {
  if (e.kind !== 'relation') return e;
  const cut = e.rest.findIndex((step) => step.operator === '≈');
  if (cut >= 0 && e.rest.slice(0, cut).every((step) => step.operator === '='))
    return tidyRelation(cutApproximation(e, cut));
  if (e.rest.length === 1 && e.rest[0]?.operator === '∈' && isName(e.first)) return lastSide(e);
  if (!isEquation(e)) return e;
  const [first, last] = [e.first, valueSide(e)];
  // 5 = x gives a value to x; 2a = b says nothing of the kind.
  const turned = e.rest.length === 1 && isName(last) && symbolNames(first).size === 0 && !isName(first);
  return turned ? equation(last, first) : equation(first, last);
}

/** The side that holds the value: the last, or in x = 5 = y the one that is no name. */
function valueSide(e: Relation): Expression {
  const last = lastSide(e);
  if (e.rest.length === 1 || !isName(last)) return last;
  return sidesOf(e).findLast((side) => !isName(side)) ?? last;
}

function equation(first: Expression, right: Expression): Relation {
  return { kind: 'relation', first, rest: [{ operator: '=', right }] };
}

/** x ≈ 11 says 11; x = 1/3 ≈ 0.33 says 1/3. */
function cutApproximation(e: Relation, cut: number): Expression {
  if (cut > 0) return { ...e, rest: e.rest.slice(0, cut) };
  return isName(e.first) ? (e.rest[0]?.right ?? e.first) : e.first;
}

export function isEquation(e: Expression): e is Relation {
  return e.kind === 'relation' && e.rest.every((step) => step.operator === '=');
}

const nameFunctions = new Set(['abs', 'prime', 'conjugate', 'totient', 'star']);

/** A left side that only names something: x, AB, |AB|, f(x), A:B, a + b, (x, y), words. */
export function isName(e: Expression): boolean {
  switch (e.kind) {
    case 'symbol':
    case 'apply':
      return true;
    case 'text':
      return !(e.text.toLowerCase().match(/\p{L}+/gu) ?? []).some((word) => meaningfulWords.has(word));
    case 'constant':
      return e.name === 'e' || e.name === 'i';
    case 'sum':
      return e.terms.every(isName);
    case 'product':
      return e.factors.every((factor) => isName(factor) || isNameBelow(factor));
    case 'call':
      return nameFunctions.has(e.name) && e.args.every(isName);
    case 'big':
      return isName(e.body);
    case 'ratio':
      return e.parts.every(isName);
    case 'list':
      return e.items.length > 0 && e.items.every(isName);
    default:
      return false;
  }
}

/** The denominator of AB/CD. */
function isNameBelow(e: Expression): boolean {
  return e.kind === 'power' && e.exponent.kind === 'number' && e.exponent.value.n === -1n && isName(e.base);
}

/** The answer as a list of items: a bare list or one value. */
export function asItems(e: Expression): List {
  return e.kind === 'list' ? e : list([e]);
}
