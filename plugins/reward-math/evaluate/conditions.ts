import type { Expression, Relation } from '../expression.js';
import type { ComplexField, Value } from '../numeric/complex.js';

interface ConditionContext {
  readonly field: ComplexField;
  evaluate(e: Expression): Value;
}

/** Whether the condition of a piece holds at the sample point; undefined if it is none that numbers decide. */
export function conditionHolds(condition: Expression, context: ConditionContext): boolean | undefined {
  if (condition.kind === 'relation') return relationHolds(condition, context);
  if (condition.kind !== 'list') return undefined;
  const parts = condition.items.map((item) => conditionHolds(item, context));
  if (parts.includes(undefined)) return undefined;
  return condition.joint === 'or' ? parts.includes(true) : !parts.includes(false);
}

function relationHolds(relation: Relation, context: ConditionContext): boolean | undefined {
  const { field } = context;
  let left = context.evaluate(relation.first);
  for (const step of relation.rest) {
    const right = context.evaluate(step.right);
    if (!left || !right || !field.isReal(left) || !field.isReal(right)) return undefined;
    const holds = satisfies(step.operator, field.real.compare(left.re, right.re));
    if (holds !== true) return holds;
    left = right;
  }
  return true;
}

/** Whether two numbers whose difference has the given sign stand in a relation; undefined for other relations. */
export function satisfies(operator: string, sign: number): boolean | undefined {
  switch (operator) {
    case '<':
      return sign < 0;
    case '>':
      return sign > 0;
    case '≤':
      return sign <= 0;
    case '≥':
      return sign >= 0;
    case '=':
      return sign === 0;
    case '≠':
      return sign !== 0;
    default:
      return undefined;
  }
}
