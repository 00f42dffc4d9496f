import { LimitReached, type Budget } from '../../budget.js';
import { satisfies } from '../../evaluate/conditions.js';
import { Evaluator } from '../../evaluate/evaluator.js';
import type { Expression, Relation } from '../../expression.js';
import type { ComplexField } from '../../numeric/complex.js';
import type { Real } from '../../numeric/real.js';
import { infinitySign } from './infinity.js';

/** Last bits of a difference that rounding may have spoilt, and the bits before them that prove it to be zero. */
const spoilt = 52;
const proof = 60;

/** Signs of differences of formulas in the unknown. */
export class RelationSigns {
  constructor(
    private readonly field: ComplexField,
    private readonly budget: Budget,
  ) {}

  /** Whether a chain of relations holds where the unknown has the given value. */
  holds(relation: Relation, at: Real): boolean {
    let left = relation.first;
    for (const { operator, right } of relation.rest) {
      const sign = this.between(left, right, at);
      if (sign === undefined || satisfies(operator, sign) !== true) return false;
      left = right;
    }
    return true;
  }

  /**
   * Sign of left - right; undefined where a side has no real value, so that the point lies outside the domain. Numbers
   * that cancel so far that nothing is proved stop the comparison.
   */
  between(left: Expression, right: Expression, at: Real): number | undefined {
    const [leftInfinity, rightInfinity] = [infinitySign(left), infinitySign(right)];
    if (leftInfinity !== undefined) return leftInfinity;
    if (rightInfinity !== undefined) return -rightInfinity;
    const f = this.field;
    const evaluator = new Evaluator(f, { seed: '', valueOf: () => f.fromReal(at) }, this.budget);
    const [a, b] = [evaluator.evaluate(left), evaluator.evaluate(right)];
    if (!a || !b || !f.isReal(a) || !f.isReal(b)) return undefined;
    const gap = f.real.subtract(a.re, b.re);
    const scale = Math.max(f.real.top(a.re), f.real.top(b.re));
    const noise = Math.max(evaluator.largest, scale) - f.bits + spoilt;
    if (f.real.top(gap) > noise) return f.real.sign(gap);
    if (Math.max(scale, 0) - noise < proof) throw new LimitReached('precision');
    return 0;
  }
}
