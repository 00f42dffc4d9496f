import {
  difference,
  hasNames,
  lastSide,
  mapChildren,
  sidesOf,
  some,
  symbolNames,
  type Expression,
  type Relation,
} from '../expression.js';
import { constantValue, workingBits } from '../evaluate/agreement.js';
import { nowhere } from '../evaluate/points.js';
import { proportionOf } from '../evaluate/proportion.js';
import { ComplexField } from '../numeric/complex.js';
import { canonicalKey, different, every, type Context, type Outcome } from './context.js';
import { isEquation, isName } from './prepare.js';

/** Approximations agree in so many leading bits, to some percent. */
const closeness = 4;

interface FunctionHead {
  readonly name: string;
  readonly args: readonly string[];
}

interface Side {
  readonly name: Expression;
  readonly value: Expression;
  /** The name read as f(x), if it is one. */
  readonly head: FunctionHead | undefined;
}

/** Two equations: by name and value, as statements about numbers, or by their solutions. */
export function compareEquations(gold: Relation, prediction: Relation, context: Context): Outcome {
  const [g, p] = [sideOf(gold), sideOf(prediction)];
  if (isName(g.name) && isName(p.name)) {
    const named = compareNamed(g, p, context);
    if (named !== undefined) return named;
    // x = 5 and y = 5 say different things; y = 2x + 1 may still be x = (y - 1)/2.
    if (!hasNames(g.value) && !hasNames(p.value)) return different('variable name');
  }
  if (!hasNames(gold) && !hasNames(prediction)) return compareStatements(gold, prediction, context);
  return compareSolutions(difference(g.name, g.value), difference(p.name, p.value), context);
}

function sideOf(e: Relation): Side {
  return { name: e.first, value: lastSide(e), head: functionHead(e.first) };
}

/**
 * Statements about numbers, as 3 + 5 = 8, are all true, so being true is not enough: both must say the same of the same
 * numbers.
 */
function compareStatements(gold: Relation, prediction: Relation, context: Context): Outcome {
  if (numbersIn(gold) !== numbersIn(prediction)) return different('statement');
  const [goldSides, sides] = [sidesOf(gold), sidesOf(prediction)];
  if (goldSides.length !== sides.length) return different('statement');
  return every(
    goldSides.map((side, k) => context.compare(side, sides[k] ?? side)),
    'statement',
  );
}

function numbersIn(e: Expression): string {
  const numbers: string[] = [];
  some(e, (part) => {
    if (part.kind === 'number' && part.value.n !== -1n) numbers.push(`${part.value.n}/${part.value.d}`);
    return false;
  });
  return numbers.sort().join();
}

/** Equations that name the same: x = …, f(x) = … against f(t) = …, y = … against f(x) = …; undefined for others. */
function compareNamed(gold: Side, prediction: Side, context: Context): Outcome | undefined {
  const [g, p] = [gold.head, prediction.head];
  if (g && p && g.name === p.name && g.args.length === p.args.length) {
    // f(y) = x - 1 is no function of x.
    const used = symbolNames(prediction.value);
    if (g.args.some((arg) => !p.args.includes(arg) && used.has(arg))) return different('variable name');
    const names = new Map(p.args.map((arg, k) => [arg, g.args[k] ?? arg]));
    return asEquation(context.compare(gold.value, renameSymbols(prediction.value, names)));
  }
  const sameName =
    !context.settings.strictVariables || canonicalKey(gold.name, context) === canonicalKey(prediction.name, context);
  if (!sameName && !isGraph(gold, prediction) && !isGraph(prediction, gold)) return undefined;
  const same = context.compare(gold.value, prediction.value);
  return sameName || same.equal === true ? asEquation(same) : undefined;
}

function asEquation(outcome: Outcome): Outcome {
  return { ...outcome, rule: `equation: ${outcome.rule}` };
}

/** The name and the variables of f(x). */
function functionHead(e: Expression): FunctionHead | undefined {
  if (e.kind !== 'apply') return undefined;
  const args = e.args.flatMap((arg) => (arg.kind === 'symbol' ? [arg.name] : []));
  return args.length === e.args.length ? { name: e.name, args } : undefined;
}

/** y = … is the graph of f(x) = …, as long as neither y nor f is used in the values. */
function isGraph(plain: Side, applied: Side): boolean {
  const { head } = applied;
  if (plain.name.kind !== 'symbol' || plain.name.name !== 'y' || head === undefined) return false;
  return [plain.value, applied.value].every(
    (e) => !symbolNames(e).has('y') && !some(e, (part) => part.kind === 'apply' && part.name === head.name),
  );
}

export function renameSymbols(e: Expression, names: ReadonlyMap<string, string>): Expression {
  if (e.kind === 'symbol') return { kind: 'symbol', name: names.get(e.name) ?? e.name };
  return mapChildren(e, (part) => renameSymbols(part, names));
}

/** Renames the prediction's variables to the gold's in order of appearance, for settings that allow other names. */
export function renameLike(gold: Expression, prediction: Expression): Expression {
  const [from, to] = [[...symbolNames(prediction)], [...symbolNames(gold)]];
  if (from.length !== to.length) return prediction;
  return renameSymbols(prediction, new Map(from.map((name, k) => [name, to[k] ?? name])));
}

/** Equations with the same solutions: one difference of sides is the other times a number that is not zero. */
function compareSolutions(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (canonicalKey(gold, context) === canonicalKey(prediction, context)) {
    const trivial = context.canonicaliser.exact(gold) !== undefined;
    return trivial ? different('equation') : { equal: true, rule: 'equation' };
  }
  const proportion = proportionOf(gold, prediction, context.canonicaliser, context.budget);
  return { equal: proportion === undefined ? undefined : proportion !== 'none', rule: 'equation' };
}

/**
 * Whether an equation anywhere in an answer contradicts itself: of the sides without names, 2 + 2 = 5 or x = 999 = 5,
 * each must equal the last, and 5 ≈ 999 is no approximation.
 */
export function contradictsItself(e: Expression, context: Context): boolean {
  return some(e, (part) => part.kind === 'relation' && isContradiction(part, context));
}

function isContradiction(e: Relation, context: Context): boolean {
  const cut = e.rest.findIndex((step) => step.operator === '≈');
  if (cut >= 0 && !isApproximation(e, cut, context)) return true;
  const exact = cut < 0 ? e : { ...e, rest: e.rest.slice(0, cut) };
  if (!isEquation(exact)) return false;
  const sides = sidesOf(exact);
  if (sides.slice(1, -1).some((side) => isOtherValue(side, exact, context))) return true;
  const numbers = sides.filter((side) => !hasNames(side));
  const last = numbers.at(-1);
  if (last === undefined) return false;
  // x = 999 = 2n gives a number to what has none.
  if (sides.length > 2 && last !== lastSide(exact) && !isName(lastSide(exact))) return true;
  return numbers.slice(0, -1).some((side) => context.compare(last, side).equal !== true);
}

/** A side in the middle that speaks of the names of the chain's ends, but has another value than the last. */
function isOtherValue(side: Expression, chain: Relation, context: Context): boolean {
  const last = lastSide(chain);
  if (!hasNames(side) || !hasNames(last) || side.kind === 'symbol' || side.kind === 'apply') return false;
  const [used, first, allowed] = [symbolNames(side), symbolNames(chain.first), symbolNames(last)];
  if (![...used].some((name) => first.has(name)) && ![...used].every((name) => allowed.has(name))) return false;
  return context.compare(last, side).equal !== true;
}

/** What stands around ≈ is a name or close to each other. */
function isApproximation(e: Relation, cut: number, context: Context): boolean {
  const sides = sidesOf(e)
    .slice(cut)
    .filter((side, k) => !(cut === 0 && k === 0 && isName(side)));
  const [first, ...others] = sides;
  return first === undefined || others.every((side) => isClose(first, side, context));
}

function isClose(a: Expression, b: Expression, context: Context): boolean {
  if (a.kind === 'list' && b.kind === 'list' && a.items.length === b.items.length)
    return a.items.every((item, k) => isClose(item, b.items[k] ?? item, context));
  const [x, y] = [a, b].map((side) => constantValue(side, nowhere, context.budget)?.value);
  if (x === undefined || y === undefined) return false;
  const field = new ComplexField(workingBits, context.budget);
  return field.top(field.subtract(x, y)) < field.top(x) - closeness;
}
