import type { Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import { keyOf } from '../form/key.js';
import type { Complex, ComplexField, Value } from '../numeric/complex.js';
import { unaryFunctions } from '../numeric/functions.js';
import type { Rational } from '../numeric/rational.js';
import type { Real } from '../numeric/real.js';
import { evaluateBig } from './big-operators.js';
import { conditionHolds } from './conditions.js';
import { fractionFrom } from './hash.js';
import type { Point } from './points.js';
import { severalArguments } from './several-arguments.js';

/** Numbers within this many powers of two of 1 add nothing to the span. */
const ordinary = 16;
const takesAngle = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc']);

function isOrdinary({ n, d }: Rational): boolean {
  return d === 1n && n !== 0n && n < 65_536n && n > -65_536n;
}

/**
 * Numeric value of an expression at a sample point. Undefined where the mathematics gives no value. The largest number
 * met in any sum is remembered: a result is only as exact as that number's last bits.
 */
export class Evaluator {
  /** Position of the leading bit of the largest summand. */
  largest = -Infinity;
  /**
   * Distances from 1, in powers of two, of the large and small numbers met, added up: 2^40 and 2^-40 together have a
   * span of 80. No product of them differs from 1 by more.
   */
  span = 0;
  /** Whether an integral, a limit or an infinite sum was met, whose values are less exact than arithmetic. */
  approximate = false;
  /** Whether one of these is being worked out: the numbers met on the way say nothing of the result. */
  settling = false;
  private angle = false;
  private readonly bound = new Map<string, Complex>();

  constructor(
    readonly field: ComplexField,
    private readonly point: Point,
    readonly budget: Budget,
  ) {}

  evaluate(e: Expression): Value {
    this.budget.spend();
    switch (e.kind) {
      case 'number':
        return isOrdinary(e.value) ? this.field.from(e.value) : this.measured(this.field.from(e.value));
      case 'constant':
        return this.constant(e.name);
      case 'symbol':
        return this.bound.get(e.name) ?? this.point.valueOf(e.name);
      case 'sum':
        return this.sum(e.terms);
      case 'product':
        return this.product(e.factors);
      case 'power':
        return this.power(e.base, e.exponent);
      case 'call':
        return this.call(e.name, e.args);
      case 'apply':
        return this.opaque(e.name, e.args);
      case 'unit':
        return this.evaluate(e.value);
      case 'text':
        return this.point.valueOf(`"${e.text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')}"`);
      case 'big':
        return evaluateBig(e, this);
      case 'based':
        return undefined;
      default:
        return undefined;
    }
  }

  private constant(name: string): Value {
    if (name === 'π') return this.field.fromReal(this.field.series.pi());
    if (name === 'e') return this.field.fromReal(this.field.series.e());
    return name === 'i' ? (this.bound.get('i') ?? this.field.i()) : undefined;
  }

  private sum(terms: readonly Expression[]): Value {
    let total = this.field.integer(0);
    for (const term of terms) {
      const value = this.evaluate(term);
      if (value === undefined) return undefined;
      this.note(value);
      total = this.field.add(total, value);
    }
    return total;
  }

  note(value: Complex): void {
    if (this.settling) return;
    const top = this.field.top(value);
    this.largest = Math.max(this.largest, top);
  }

  /** Notes how far from 1 a number lies that is no remainder of rounding. */
  private measured(value: Value): Value {
    const top = this.settling ? undefined : value && this.field.top(value);
    if (top !== undefined && top !== -Infinity && Math.abs(top) > ordinary) this.span += Math.abs(top);
    return value;
  }

  private product(factors: readonly Expression[]): Value {
    let total = this.field.integer(1);
    for (const factor of factors) {
      const value = this.evaluate(factor);
      if (value === undefined) return undefined;
      total = this.field.multiply(total, value);
    }
    return this.usable(total);
  }

  usable(value: Value): Value {
    return value && this.field.real.isUsable(value.re) && this.field.real.isUsable(value.im) ? value : undefined;
  }

  private power(base: Expression, exponent: Expression): Value {
    const a = this.evaluate(base);
    if (a === undefined) return undefined;
    if (exponent.kind === 'number') {
      if (exponent.value.n === 1n && exponent.value.d === 2n) return this.field.sqrt(a);
      if (exponent.value.n < 0n && this.negligible(a)) return undefined;
    }
    const b = this.evaluate(exponent);
    const value = b && this.usable(this.field.power(a, b));
    return this.negligible(a) ? value : this.measured(value);
  }

  /** A denominator that cancelled to a rounding remainder is zero. */
  private negligible(value: Complex): boolean {
    const top = this.field.top(value);
    return top === -Infinity || top < this.largest - this.field.bits + 30;
  }

  private call(name: string, args: readonly Expression[]): Value {
    const [first] = args;
    if (name === 'degree' && first) return this.degree(first);
    if (name === 'det' && first) return this.determinant(first);
    if (name === 'cases') return this.pieces(args);
    const values = this.argumentsOf(name, args);
    const [x] = values ?? [];
    if (values === undefined) return undefined;
    const unary = values.length === 1 ? unaryFunctions.get(name) : undefined;
    if (unary && x) return this.usable(unary(this.field, x));
    const several = severalArguments.get(name);
    return several ? this.usable(several(this.field, values, this.budget)) : this.opaqueValue(name, values);
  }

  private argumentsOf(name: string, args: readonly Expression[]): readonly Complex[] | undefined {
    const outer = this.angle;
    this.angle = takesAngle.has(name);
    const values = args.map((arg) => this.evaluate(arg));
    this.angle = outer;
    return values.every((value) => value !== undefined) ? values : undefined;
  }

  /** A function in pieces: values and conditions in turn. */
  private pieces(args: readonly Expression[]): Value {
    for (let k = 0; k + 1 < args.length; k += 2) {
      const [value, condition] = args.slice(k, k + 2);
      const holds = condition && conditionHolds(condition, this);
      if (value === undefined || holds === undefined) return undefined;
      if (holds) return this.evaluate(value);
    }
    return undefined;
  }

  /** Degrees count as radians only where an angle is expected; elsewhere the sign is a unit. */
  private degree(arg: Expression): Value {
    const value = this.evaluate(arg);
    if (value === undefined || !this.angle) return value;
    const radians = this.field.multiply(value, this.field.fromReal(this.field.series.pi()));
    return this.field.divide(radians, this.field.integer(180));
  }

  private determinant(matrix: Expression): Value {
    if (matrix.kind !== 'matrix') return this.opaque('det', [matrix]);
    const size = matrix.rows.length;
    if (size > 6 || matrix.rows.some((row) => row.length !== size)) return undefined;
    return this.laplace(matrix.rows.map((row) => row.map((entry) => this.evaluate(entry))));
  }

  private laplace(rows: readonly (readonly Value[])[]): Value {
    const [first, ...others] = rows;
    if (first === undefined) return this.field.integer(1);
    let total: Value = this.field.integer(0);
    for (const [column, entry] of first.entries()) {
      const minor = this.laplace(others.map((row) => row.filter((_, k) => k !== column)));
      if (!total || !entry || !minor) return undefined;
      const term = this.field.multiply(entry, minor);
      total = this.field.add(total, column % 2 === 0 ? term : this.field.negate(term));
    }
    return total;
  }

  /** A function known by name only gets a value that depends on name and arguments alone. */
  private opaque(name: string, args: readonly Expression[]): Value {
    const values = args.map((arg) => this.evaluate(arg));
    return values.every((value) => value !== undefined) ? this.opaqueValue(name, values) : undefined;
  }

  private opaqueValue(name: string, values: readonly Complex[]): Value {
    const digits = values.map((value) => `${this.rounded(value.re)},${this.rounded(value.im)}`).join(';');
    return this.field.from(fractionFrom(`${name}(${digits})${this.point.seed}`, 1, 4));
  }

  /** Half the bits tell arguments apart and are few enough to absorb rounding. */
  private rounded(value: Real): string {
    if (this.field.real.top(value) > 4000) return `${value.e}`;
    return ((this.field.real.toFixed(value, this.field.bits >> 1) + 1n) >> 1n).toString();
  }

  /** The value of an expression with a number in place of a bound variable. */
  evaluateAt(name: string, value: Complex, e: Expression): Value {
    const before = this.bound.get(name);
    this.bound.set(name, value);
    try {
      return this.evaluate(e);
    } finally {
      if (before) this.bound.set(name, before);
      else this.bound.delete(name);
    }
  }

  /** A value that depends on the text alone, for what is compared as written. */
  opaqueText(e: Expression): Value {
    return this.field.from(fractionFrom(keyOf(e) + this.point.seed, 1, 4));
  }
}
