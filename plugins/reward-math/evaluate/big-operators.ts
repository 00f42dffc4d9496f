import { LimitReached, type Budget } from '../budget.js';
import { some, type Big, type Expression } from '../expression.js';
import type { Complex, ComplexField, Value } from '../numeric/complex.js';
import type { Real } from '../numeric/real.js';
import { infiniteSum, integrate, limitAtZero } from './limits.js';

const maxSummands = 400;

/** What sums, integrals and limits need of the evaluator. */
export interface BigContext {
  readonly field: ComplexField;
  readonly budget: Budget;
  approximate: boolean;
  settling: boolean;
  span: number;
  evaluate(e: Expression): Value;
  evaluateAt(name: string, value: Complex, e: Expression): Value;
  note(value: Complex): void;
  usable(value: Value): Value;
  opaqueText(e: Expression): Value;
}

/** The value of Σ, Π, ∫ or lim; what cannot be worked out has a value that depends on its text alone. */
export function evaluateBig(e: Big, context: BigContext): Value {
  if (e.variable === '' || !e.lower || isSymbolic(e)) return context.opaqueText(e);
  if (e.operator === 'lim') return approximately(context, () => limitOf(e, context));
  if (e.operator === 'int') return approximately(context, () => integralOf(e, context));
  if (e.operator !== 'sum' && e.operator !== 'prod') return context.opaqueText(e);
  const [low, high] = [wholeBound(e.lower, context), e.upper && wholeBound(e.upper, context)];
  if (low === undefined) return context.opaqueText(e);
  if (high !== undefined) return finite(e, [low, high], context);
  if (e.operator === 'prod' || !e.upper || infinityOf(e.upper) !== 1) return context.opaqueText(e);
  const term = (k: number): Value => context.evaluateAt(e.variable, context.field.integer(k), e.body);
  return approximately(context, () => infiniteSum(context.field, term, low));
}

/** f(x), a_k: what runs over a name with the variable in it has no value at single points. */
function isSymbolic({ body, variable }: Big): boolean {
  return some(
    body,
    (part) =>
      part.kind === 'apply' ||
      part.kind === 'text' ||
      (part.kind === 'symbol' && part.name.includes('_') && part.name.slice(part.name.indexOf('_')).includes(variable)),
  );
}

/** One level only: an integral of integrals would take too long. */
function approximately(context: BigContext, compute: () => Value): Value {
  if (context.settling) return undefined;
  context.approximate = true;
  context.settling = true;
  try {
    return context.usable(compute());
  } finally {
    context.settling = false;
  }
}

function wholeBound(e: Expression, context: BigContext): number | undefined {
  if (infinityOf(e) !== 0) return undefined;
  const { field } = context;
  const value = context.evaluate(e);
  const bound =
    value && field.isReal(value) && field.real.top(value.re) < 40 ? field.real.toNumber(value.re) : Number.NaN;
  return Number.isInteger(bound) ? bound : undefined;
}

function finite(e: Big, [low, high]: readonly [number, number], context: BigContext): Value {
  const { field } = context;
  if (high - low > maxSummands) throw new LimitReached('summands');
  let total = field.integer(e.operator === 'sum' ? 0 : 1);
  const spanBefore = context.span;
  let span = spanBefore;
  for (let k = low; k <= high; k++) {
    context.span = spanBefore;
    const value = context.evaluateAt(e.variable, field.integer(k), e.body);
    if (value === undefined) return undefined;
    context.note(value);
    span = Math.max(span, context.span);
    total = e.operator === 'sum' ? field.add(total, value) : field.multiply(total, value);
  }
  context.span = span;
  return context.usable(total);
}

/** 1 for ∞, -1 for -∞, 0 for anything finite. */
function infinityOf(e: Expression): 1 | -1 | 0 {
  if (e.kind === 'constant' && e.name === '∞') return 1;
  const [sign, value] = e.kind === 'product' ? e.factors : [];
  return sign?.kind === 'number' && sign.value.n < 0n && value?.kind === 'constant' && value.name === '∞' ? -1 : 0;
}

function integralOf(e: Big, context: BigContext): Value {
  if (!e.lower || !e.upper) return context.opaqueText(e);
  const [low, high] = [boundOf(e.lower, context), boundOf(e.upper, context)];
  if (low === undefined || low === '∞' || high === undefined || high === '-∞') return undefined;
  return integrate(context.field, (x) => context.evaluateAt(e.variable, x, e.body), low, high);
}

function boundOf(e: Expression, context: BigContext): Real | '∞' | '-∞' | undefined {
  const sign = infinityOf(e);
  if (sign !== 0) return sign === 1 ? '∞' : '-∞';
  const value = context.evaluate(e);
  return value && context.field.isReal(value) ? value.re : undefined;
}

/** From both sides, or from the side that x → 0^+ says. */
function limitOf(e: Big, context: BigContext): Value {
  const { field } = context;
  const target = e.lower;
  if (target === undefined) return undefined;
  const infinity = infinityOf(target);
  const at = (x: Complex): Value => context.evaluateAt(e.variable, x, e.body);
  if (infinity !== 0) return limitAtZero(field, (h) => reciprocalOf(field, h, infinity, at), 1);
  const side = target.kind === 'call' && (target.name === 'above' || target.name === 'below') ? target.name : 'both';
  const [inner] = target.kind === 'call' && side !== 'both' ? target.args : [target];
  const point = inner && context.evaluate(inner);
  if (!point) return undefined;
  const from = (sign: 1 | -1): Value => limitAtZero(field, (h) => at(field.add(point, field.fromReal(h))), sign);
  if (side !== 'both') return from(side === 'above' ? 1 : -1);
  const [above, below] = [from(1), from(-1)];
  if (!above || !below) return undefined;
  const gap = field.top(field.subtract(above, below));
  return gap < Math.max(field.top(above), -20) - 40 ? above : undefined;
}

function reciprocalOf(field: ComplexField, h: Real, sign: 1 | -1, at: (x: Complex) => Value): Value {
  const x = field.divide(field.integer(sign), field.fromReal(h));
  return x && at(x);
}
