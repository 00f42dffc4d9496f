import { mapChildren, some, symbolNames, type Expression, type Relation } from '../expression.js';
import { Evaluator } from '../evaluate/evaluator.js';
import { keyOf } from '../form/key.js';
import { ComplexField } from '../numeric/complex.js';
import type { Real } from '../numeric/real.js';
import { different, type Context, type Outcome } from './context.js';
import { isDecimal } from './scalars.js';

/**
 * Sets of real numbers, compared by membership: at every end point of either set, between each two neighbours, and
 * beyond the outermost. That decides equality of unions, complements and solution sets without solving anything.
 */
export function compareAsSets(gold: Expression, prediction: Expression, context: Context): Outcome {
  const unknown = unknownOf(gold, prediction);
  if (unknown === undefined) return { equal: undefined, rule: 'set of reals' };
  const field = new ComplexField(192, context.budget);
  const points = new Points(field, context);
  if (!points.collect(gold) || !points.collect(prediction)) return { equal: undefined, rule: 'set of reals' };
  for (const relation of [...relationsIn(gold), ...relationsIn(prediction)])
    addTurningPoints(relation, unknown, points, context);
  for (const at of points.probes()) {
    const g = contains(gold, at, unknown, points, context);
    const p = contains(prediction, at, unknown, points, context);
    if (g === undefined || p === undefined) return { equal: undefined, rule: 'set of reals' };
    if (g !== p) return different('set of reals');
  }
  return { equal: true, rule: 'set of reals' };
}

/** The one thing the inequalities speak of: a variable or f(x); `''` if there is no inequality at all. */
function unknownOf(...sets: readonly Expression[]): string | undefined {
  const names = new Set<string>();
  for (const set of sets) collectUnknowns(set, names);
  return names.size > 1 ? undefined : ([...names][0] ?? '');
}

function collectUnknowns(e: Expression, names: Set<string>): void {
  if (e.kind === 'relation') {
    const applied = new Set<string>();
    some(e, (part) => part.kind === 'apply' && applied.add(keyOf(part)) === undefined);
    for (const name of applied.size > 0 ? applied : symbolNames(e)) names.add(name);
  } else if (e.kind === 'setOperation') {
    collectUnknowns(e.left, names);
    collectUnknowns(e.right, names);
  } else if (e.kind === 'list') for (const item of e.items) collectUnknowns(item, names);
}

/** End points with their values; points of the two sets that round to the same decimal are made one. */
class Points {
  private readonly values = new Map<Expression, Real>();
  readonly distinct: Real[] = [];

  constructor(
    readonly field: ComplexField,
    private readonly context: Context,
  ) {}

  /** Notes all end points of a set of reals; false if it is something else. */
  collect(e: Expression): boolean {
    if (e.kind === 'setOperation') return this.collect(e.left) && this.collect(e.right);
    if (e.kind === 'relation') return this.collectRelation(e);
    if (e.kind === 'symbol') return e.name === 'ℝR';
    if (e.kind !== 'list') return false;
    if (isUnionOfInequalities(e)) return e.items.every((item) => this.collect(item));
    if (e.open === '(' && e.items.length !== 2) return false;
    return e.items.every((item) => this.add(item));
  }

  /** Every constant in a relation is a candidate, with both signs: |z| ≤ 3 turns at -3 too. */
  private collectRelation(e: Relation): boolean {
    if (!e.rest.every((step) => '<>≤≥≠='.includes(step.operator))) return false;
    some(e, (part) => {
      if (symbolNames(part).size === 0 && part.kind !== 'relation') this.add(part, true);
      return false;
    });
    return true;
  }

  private add(e: Expression, both = false): boolean {
    const infinite = infinitySign(e);
    if (infinite !== undefined) return true;
    const value = new Evaluator(this.field, () => undefined, this.context.budget).evaluate(e);
    if (!value || !this.field.isReal(value)) return both;
    this.values.set(e, this.snap(value.re, isDecimal(e)));
    if (both) this.snap(this.field.real.negate(value.re), false);
    return this.distinct.length < 200;
  }

  snap(value: Real, decimal: boolean): Real {
    for (const known of this.distinct) {
      const gap = this.field.real.top(this.field.real.subtract(value, known));
      const limit = decimal
        ? -Math.floor(this.context.settings.precision * Math.log2(10)) - 1
        : Math.max(this.field.real.top(value), 0) - 140;
      if (gap <= limit) return known;
    }
    this.distinct.push(value);
    return value;
  }

  valueOf(e: Expression): Real | undefined {
    return this.values.get(e);
  }

  /** The points themselves, the middles between neighbours, and a few beyond the ends. */
  probes(): Real[] {
    const f = this.field.real;
    const sorted = [...this.distinct].sort((a, b) => f.compare(a, b));
    if (sorted.length === 0) sorted.push(f.integer(0));
    const probes = [...sorted];
    sorted.slice(1).forEach((value, k) => probes.push(f.scale(f.add(value, sorted[k]!), -1)));
    for (const distance of [1, 37, 100_003]) {
      probes.push(f.subtract(sorted[0]!, f.integer(distance)), f.add(sorted.at(-1)!, f.integer(distance)));
    }
    return probes;
  }
}

function relationsIn(e: Expression): Relation[] {
  if (e.kind === 'relation') return [e];
  if (e.kind === 'setOperation') return [...relationsIn(e.left), ...relationsIn(e.right)];
  return e.kind === 'list' ? e.items.flatMap(relationsIn) : [];
}

const gridSteps = 8;

/** Where a difference of sides changes sign between grid points, bisection finds the end point of the solution set. */
function addTurningPoints(relation: Relation, unknown: string, points: Points, context: Context): void {
  const stand: Expression = { kind: 'symbol', name: '?' };
  const parts = [relation.first, ...relation.rest.map((step) => step.right)].map((part) =>
    replaceUnknown(part, unknown, stand),
  );
  const grid = refine(points.probes(), points.field);
  parts.slice(1).forEach((right, k) => {
    const sign = (at: Real): number | 'none' => {
      const evaluator = new Evaluator(points.field, () => points.field.fromReal(at), context.budget);
      return signOfDifference(parts[k]!, right, evaluator, points);
    };
    const signs = grid.map(sign);
    grid.slice(1).forEach((high, j) => {
      const [a, b] = [signs[j]!, signs[j + 1]!];
      if (typeof a === 'number' && typeof b === 'number' && a * b < 0)
        points.snap(bisect(grid[j]!, high, a, sign, points.field), false);
    });
  });
}

function refine(probes: readonly Real[], field: ComplexField): Real[] {
  const f = field.real;
  const sorted = [...probes].sort((a, b) => f.compare(a, b));
  return sorted.flatMap((low, k) => {
    const high = sorted[k + 1];
    if (high === undefined || k > 60) return [low];
    const step = f.divide(f.subtract(high, low), f.integer(gridSteps))!;
    return Array.from({ length: gridSteps }, (_, j) => f.add(low, f.multiply(step, f.integer(j))));
  });
}

function bisect(
  from: Real,
  to: Real,
  fromSign: number,
  sign: (at: Real) => number | 'none',
  field: ComplexField,
): Real {
  let [low, high] = [from, to];
  for (let k = 0; k < 190; k++) {
    const middle = field.real.scale(field.real.add(low, high), -1);
    const here = sign(middle);
    if (here === 0 || here === 'none') return middle;
    if (here === fromSign) low = middle;
    else high = middle;
  }
  return low;
}

function isUnionOfInequalities(e: Expression): boolean {
  return e.kind === 'list' && e.open === '' && e.items.length > 0 && e.items.every((item) => item.kind === 'relation');
}

/** 1 for ∞, -1 for -∞, undefined for anything finite. */
function infinitySign(e: Expression): 1 | -1 | undefined {
  if (e.kind === 'constant' && e.name === '∞') return 1;
  if (e.kind !== 'product' || e.factors.length !== 2) return undefined;
  const [sign, value] = e.factors as [Expression, Expression];
  return sign.kind === 'number' && sign.value.n < 0n && value.kind === 'constant' && value.name === '∞'
    ? -1
    : undefined;
}

function contains(set: Expression, at: Real, unknown: string, points: Points, context: Context): boolean | undefined {
  context.budget.spend();
  if (set.kind === 'symbol') return true;
  if (set.kind === 'relation') return holds(set, at, unknown, points, context);
  if (set.kind === 'setOperation') {
    const left = contains(set.left, at, unknown, points, context);
    const right = contains(set.right, at, unknown, points, context);
    if (left === undefined || right === undefined) return undefined;
    return set.operator === '∪' ? left || right : set.operator === '∩' ? left && right : left && !right;
  }
  if (set.kind !== 'list') return undefined;
  if (isUnionOfInequalities(set)) {
    const parts = set.items.map((item) => contains(item, at, unknown, points, context));
    return parts.includes(undefined) ? undefined : parts.includes(true);
  }
  if (set.open === '(' || set.open === '[') return inInterval(set, at, points);
  return set.items.some((item) => {
    const value = points.valueOf(item);
    return value !== undefined && points.field.real.compare(value, at) === 0;
  });
}

function inInterval(interval: Extract<Expression, { kind: 'list' }>, at: Real, points: Points): boolean | undefined {
  if (interval.items.length !== 2) return undefined;
  const [low, high] = interval.items as [Expression, Expression];
  const fromLow = against(at, low, points);
  const fromHigh = against(at, high, points);
  if (fromLow === undefined || fromHigh === undefined) return undefined;
  return (
    (interval.open === '[' ? fromLow >= 0 : fromLow > 0) && (interval.close === ']' ? fromHigh <= 0 : fromHigh < 0)
  );
}

/** Sign of (at - end). */
function against(at: Real, end: Expression, points: Points): number | undefined {
  const infinite = infinitySign(end);
  if (infinite !== undefined) return -infinite;
  const value = points.valueOf(end);
  return value && points.field.real.compare(at, value);
}

/** Whether the chain of relations holds when its unknown has the given value. */
function holds(relation: Relation, at: Real, unknown: string, points: Points, context: Context): boolean | undefined {
  const stand: Expression = { kind: 'symbol', name: '?' };
  const replaced = replaceUnknown(relation, unknown, stand) as Relation;
  const evaluator = new Evaluator(points.field, () => points.field.fromReal(at), context.budget);
  let left: Expression = replaced.first;
  for (const step of replaced.rest) {
    const sign = signOfDifference(left, step.right, evaluator, points);
    if (sign === 'none') return false;
    if (
      !{ '<': sign < 0, '>': sign > 0, '≤': sign <= 0, '≥': sign >= 0, '=': sign === 0, '≠': sign !== 0 }[step.operator]
    )
      return false;
    left = step.right;
  }
  return true;
}

function replaceUnknown(e: Expression, unknown: string, stand: Expression): Expression {
  if ((e.kind === 'symbol' || e.kind === 'apply') && keyOf(e) === unknown) return stand;
  return mapChildren(e, (part) => replaceUnknown(part, unknown, stand));
}

/** `none`: no real value at this point, so the point lies outside the domain. */
function signOfDifference(left: Expression, right: Expression, evaluator: Evaluator, points: Points): number | 'none' {
  const f = points.field;
  const [leftInfinity, rightInfinity] = [infinitySign(left), infinitySign(right)];
  if (leftInfinity !== undefined) return leftInfinity;
  if (rightInfinity !== undefined) return -rightInfinity;
  const [a, b] = [evaluator.evaluate(left), evaluator.evaluate(right)];
  if (!a || !b || !f.isReal(a) || !f.isReal(b)) return 'none';
  const gap = f.real.subtract(a.re, b.re);
  const size = Math.max(f.real.top(a.re), f.real.top(b.re), evaluator.largest);
  return f.real.top(gap) < size - 140 ? 0 : f.real.sign(gap);
}
