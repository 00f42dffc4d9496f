import { Evaluator } from '../../evaluate/evaluator.js';
import { nowhere } from '../../evaluate/points.js';
import { some, type Expression, type Relation } from '../../expression.js';
import type { ComplexField } from '../../numeric/complex.js';
import type { Real } from '../../numeric/real.js';
import type { Context } from '../context.js';
import { isDecimal } from '../decimals.js';
import { infinitySign } from './infinity.js';
import type { Region } from './region.js';
import { RelationSigns } from './signs.js';

const maxPoints = 200;
const gridSteps = 8;
const maxRefined = 60;

/** End points of sets with their values; points that round to the same decimal are made one. */
export class EndPoints {
  private readonly values = new Map<Expression, Real>();
  private readonly distinct: Real[] = [];

  constructor(
    readonly field: ComplexField,
    readonly context: Context,
  ) {}

  /** Notes all end points of a set; false if one of them has no value or there are too many. */
  collect(region: Region): boolean {
    switch (region.kind) {
      case 'all':
        return true;
      case 'join':
        return region.parts.every((part) => this.collect(part));
      case 'interval':
        return this.add(region.low) && this.add(region.high);
      case 'points':
        return region.points.every((point) => this.add(point));
      case 'relation':
        return this.collectRelation(region.relation);
    }
  }

  valueOf(e: Expression): Real | undefined {
    return this.values.get(e);
  }

  /** The points themselves, the middles between neighbours, and a few beyond the ends. */
  probes(): Real[] {
    const f = this.field.real;
    const sorted = [...this.distinct].sort((a, b) => f.compare(a, b));
    if (sorted.length === 0) sorted.push(f.integer(0));
    const middles = sorted.slice(1).map((value, k) => f.scale(f.add(value, sorted[k] ?? value), -1));
    const [lowest, highest] = [sorted.at(0), sorted.at(-1)];
    const beyond = [1, 37, 100_003].flatMap((distance) =>
      lowest && highest ? [f.subtract(lowest, f.integer(distance)), f.add(highest, f.integer(distance))] : [],
    );
    return [...sorted, ...middles, ...beyond];
  }

  /** Every constant in a relation is a candidate, with both signs: |z| ≤ 3 turns at -3 too. */
  private collectRelation(e: Relation): boolean {
    some(e, (part) => {
      if (part.kind !== 'relation' && !some(part, (inner) => inner.kind === 'symbol')) this.addBoth(part);
      return false;
    });
    return this.distinct.length < maxPoints;
  }

  private add(e: Expression): boolean {
    if (infinitySign(e) !== undefined) return true;
    const value = this.evaluate(e);
    if (value === undefined) return false;
    this.values.set(e, this.snap(value, isDecimal(e)));
    return this.distinct.length < maxPoints;
  }

  private addBoth(e: Expression): void {
    const value = infinitySign(e) === undefined ? this.evaluate(e) : undefined;
    if (value === undefined) return;
    this.values.set(e, this.snap(value, isDecimal(e)));
    this.snap(this.field.real.negate(value), false);
  }

  private evaluate(e: Expression): Real | undefined {
    const value = new Evaluator(this.field, nowhere, this.context.budget).evaluate(e);
    return value && this.field.isReal(value) ? value.re : undefined;
  }

  private snap(value: Real, decimal: boolean): Real {
    const { real } = this.field;
    const limit = decimal
      ? -Math.floor(this.context.settings.precision * Math.log2(10)) - 1
      : Math.max(real.top(value), 0) - 140;
    const known = this.distinct.find((other) => real.top(real.subtract(value, other)) <= limit);
    if (known === undefined) this.distinct.push(value);
    return known ?? value;
  }

  /** Where a difference of sides changes sign between grid points, bisection finds the end point of the set. */
  addTurningPoints(relation: Relation): void {
    const grid = this.grid();
    const signs = new RelationSigns(this.field, this.context.budget);
    for (const [left, right] of neighbours([relation.first, ...relation.rest.map((step) => step.right)])) {
      const signAt = (at: Real): number | undefined => signs.between(left, right, at);
      const found = grid.map((at) => ({ at, sign: signAt(at) }));
      for (const [low, high] of neighbours(found)) {
        if (low.sign === 0 && high.sign !== 0) this.snap(low.at, false);
        if (low.sign !== undefined && high.sign !== undefined && low.sign * high.sign < 0)
          this.snap(this.bisect(low.at, high.at, low.sign, signAt), false);
      }
    }
  }

  private grid(): Real[] {
    const f = this.field.real;
    const sorted = this.probes().sort((a, b) => f.compare(a, b));
    return sorted.flatMap((low, k) => {
      const high = sorted[k + 1];
      const step = high && k <= maxRefined ? f.divide(f.subtract(high, low), f.integer(gridSteps)) : undefined;
      if (step === undefined) return [low];
      return Array.from({ length: gridSteps }, (_, j) => f.add(low, f.multiply(step, f.integer(j))));
    });
  }

  private bisect(from: Real, to: Real, fromSign: number, signAt: (at: Real) => number | undefined): Real {
    const { real } = this.field;
    let [low, high] = [from, to];
    for (let k = 0; k < 190; k++) {
      const middle = real.scale(real.add(low, high), -1);
      const here = signAt(middle);
      if (here === 0 || here === undefined) return middle;
      if (here === fromSign) low = middle;
      else high = middle;
    }
    return low;
  }
}

function neighbours<T>(items: readonly T[]): (readonly [T, T])[] {
  const pairs: (readonly [T, T])[] = [];
  let before: T | undefined;
  for (const item of items) {
    if (before !== undefined) pairs.push([before, item]);
    before = item;
  }
  return pairs;
}
