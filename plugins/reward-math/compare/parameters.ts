import { difference, mapChildren, number, some, symbolNames, type Expression, type List } from '../expression.js';
import { sameValues } from '../evaluate/sample.js';
import { integer, isInteger } from '../numeric/rational.js';
import type { Context, Outcome } from './context.js';
import { isEquation, isName } from './prepare.js';
import { renameSymbols } from './equations.js';

/** Letters that stand for any whole number in a family of solutions. */
const indexLetters = /^[klmnjp]$/i;
/** How a free whole number is called once it has been recognised, whatever its letter. */
const parameter = 'ℤk';

interface Family {
  readonly value: Expression;
  /** The letters that are said to be whole numbers: k ∈ ℤ. */
  readonly declared: ReadonlySet<string>;
}

/**
 * Families of solutions, as x = kπ: the free whole number may have another letter. A letter counts as one if the answer
 * says k ∈ ℤ, or if it stands beside π or degrees.
 */
export function withParameters(
  gold: Expression,
  prediction: Expression,
  qualifiers: readonly string[],
): [Expression, Expression] {
  const [g, p] = [familyOf(gold), familyOf(prediction)];
  const declared = g.declared.size > 0 || p.declared.size > 0 || qualifiers.some((text) => /ℝZ|integer/.test(text));
  const [from, to] = [letterOf(p, declared), letterOf(g, declared)];
  if (from === undefined || to === undefined) return g.declared.size > 0 ? [g.value, p.value] : [gold, prediction];
  // A formula in k that nobody calls a family may be renamed, but not shifted.
  if (!declared && ![gold, prediction].some((e) => some(e, isEquation)))
    return [gold, renameSymbols(prediction, new Map([[from, to]]))];
  return [renameSymbols(g.value, new Map([[to, parameter]])), renameSymbols(p.value, new Map([[from, parameter]]))];
}

/** Takes "k ∈ ℤ" off a list of values. */
function familyOf(e: Expression): Family {
  if (e.kind !== 'list' || e.open !== '' || e.items.length < 2) return { value: e, declared: new Set() };
  const declared = new Set<string>();
  const values = e.items.filter((item) => {
    const name = declaredInteger(item);
    if (name !== undefined) declared.add(name);
    return name === undefined;
  });
  const [only] = values;
  if (only === undefined) return { value: e, declared: new Set() };
  const rest: List = { ...e, items: values };
  return { value: values.length === 1 ? only : rest, declared };
}

function declaredInteger(e: Expression): string | undefined {
  if (e.kind !== 'relation' || e.first.kind !== 'symbol' || e.rest.length !== 1) return undefined;
  const [step] = e.rest;
  const domain = step?.operator === '∈' && step.right.kind === 'symbol' ? step.right.name : '';
  return domain === 'ℝZ' || domain === 'ℝN' ? e.first.name : undefined;
}

/** The letter of the free whole number; undefined if there is none or more than one candidate. */
function letterOf(family: Family, declared: boolean): string | undefined {
  const names = valueNames(family.value);
  const [only] = names;
  if (only === undefined || names.size > 1 || !indexLetters.test(only)) return undefined;
  return declared || isAngle(family.value) ? only : undefined;
}

/** Names in the values, without those that the values are given to. */
function valueNames(e: Expression): ReadonlySet<string> {
  if (e.kind === 'list') return new Set(e.items.flatMap((item) => [...valueNames(item)]));
  return isEquation(e) && isName(e.first) ? symbolNames({ ...e, first: number(integer(0)) }) : symbolNames(e);
}

function isAngle(e: Expression): boolean {
  return some(
    e,
    (part) => (part.kind === 'constant' && part.name === 'π') || (part.kind === 'call' && part.name === 'degree'),
  );
}

/** a + dk and b ± dk are the same family if b - a is a multiple of d; undefined for what is no family. */
export function compareProgressions(gold: Expression, prediction: Expression, context: Context): Outcome | undefined {
  const [g, p] = [progressionOf(gold, context), progressionOf(prediction, context)];
  if (g === undefined || p === undefined) return undefined;
  const ratio = (top: Expression, bottom: Expression): Expression => ({
    kind: 'product',
    factors: [top, { kind: 'power', base: bottom, exponent: number(integer(-1)) }],
  });
  const steps = context.canonicaliser.exact(ratio(g.step, p.step));
  const offset = context.canonicaliser.exact(ratio(difference(g.start, p.start), g.step));
  if (steps === undefined || offset === undefined) return undefined;
  const same = isInteger(steps) && steps.n ** 2n === 1n && isInteger(offset);
  return { equal: same, rule: 'family' };
}

/** start + step·k, if the expression is that of the parameter k. */
function progressionOf(e: Expression, context: Context): { start: Expression; step: Expression } | undefined {
  if (!symbolNames(e).has(parameter)) return undefined;
  const [start, next, third] = [0, 1, 2].map((k) => context.canonicaliser.canonical(at(e, k)));
  if (start === undefined || next === undefined || third === undefined) return undefined;
  const step = context.canonicaliser.canonical(difference(next, start));
  const second = difference(third, next);
  return sameValues(step, second, context.canonicaliser, context.budget) === true ? { start, step } : undefined;
}

function at(e: Expression, k: number): Expression {
  if (e.kind === 'symbol' && e.name === parameter) return number(integer(k));
  return mapChildren(e, (part) => at(part, k));
}
