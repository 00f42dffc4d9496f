import { LimitReached, type Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import { keyOf } from '../form/key.js';
import type { Complex, ComplexField, Value } from '../numeric/complex.js';
import { unaryFunctions } from '../numeric/functions.js';
import type { Real } from '../numeric/real.js';
import { fractionFrom } from './hash.js';
import type { Point } from './points.js';
import { severalArguments } from './several-arguments.js';

const maxSummands = 400;
const takesAngle = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc']);

/**
 * Numeric value of an expression at a sample point. Undefined where the mathematics gives no value. The largest number
 * met in any sum is remembered: a result is only as exact as that number's last bits.
 */
export class Evaluator {
  /** Position of the leading bit of the largest summand. */
  largest = -Infinity;
  /** Largest distance from 1, in powers of two, of a number met: 2^40 and 2^-40 have a span of 40. */
  span = 0;
  private angle = false;
  private readonly bound = new Map<string, Complex>();

  constructor(
    readonly field: ComplexField,
    private readonly point: Point,
    private readonly budget: Budget,
  ) {}

  evaluate(e: Expression): Value {
    this.budget.spend();
    switch (e.kind) {
      case 'number':
        return this.measured(this.field.from(e.value));
      case 'constant':
        return this.constant(e.name);
      case 'symbol':
        return this.measured(this.bound.get(e.name) ?? this.point.valueOf(e.name));
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
        return this.big(e);
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

  private note(value: Complex): void {
    const top = this.field.top(value);
    this.largest = Math.max(this.largest, top);
    this.span = Math.max(this.span, top);
  }

  /** Notes how far from 1 a number lies that is no remainder of rounding. */
  private measured(value: Value): Value {
    const top = value && this.field.top(value);
    if (top !== undefined && top !== -Infinity) this.span = Math.max(this.span, Math.abs(top));
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

  private usable(value: Value): Value {
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
    if (name === 'degree') return this.degree(args[0]!);
    if (name === 'det') return this.determinant(args[0]!);
    const outer = this.angle;
    this.angle = takesAngle.has(name);
    const values: Complex[] = [];
    for (const arg of args) {
      const value = this.evaluate(arg);
      if (value === undefined) return this.restore(outer, undefined);
      values.push(value);
    }
    this.angle = outer;
    if (values.length === 1 && Object.hasOwn(unaryFunctions, name))
      return this.usable(unaryFunctions[name]!(this.field, values[0]!));
    if (Object.hasOwn(severalArguments, name))
      return this.usable(severalArguments[name]!(this.field, values, this.budget));
    return this.opaqueValue(name, values);
  }

  private restore(angle: boolean, value: Value): Value {
    this.angle = angle;
    return value;
  }

  /** Degrees count as radians only where an angle is expected; elsewhere the sign is a unit. */
  private degree(arg: Expression): Value {
    const value = this.evaluate(arg);
    if (value === undefined || !this.angle) return value;
    return this.field.multiply(
      value,
      this.field.fromReal(this.field.real.divide(this.field.series.pi(), this.field.real.integer(180))!),
    );
  }

  private determinant(matrix: Expression): Value {
    if (matrix.kind !== 'matrix') return this.opaque('det', [matrix]);
    if (matrix.rows.length !== matrix.rows[0]!.length || matrix.rows.length > 6) return undefined;
    const rows = matrix.rows.map((row) => row.map((entry) => this.evaluate(entry)));
    if (rows.flat().includes(undefined)) return undefined;
    return this.laplace(rows as Complex[][]);
  }

  private laplace(rows: readonly (readonly Complex[])[]): Complex {
    if (rows.length === 1) return rows[0]![0]!;
    let total = this.field.integer(0);
    rows[0]!.forEach((entry, column) => {
      const minor = this.laplace(rows.slice(1).map((row) => row.filter((_, k) => k !== column)));
      const term = this.field.multiply(entry, minor);
      total = this.field.add(total, column % 2 === 0 ? term : this.field.negate(term));
    });
    return total;
  }

  /** A function known by name only gets a value that depends on name and arguments alone. */
  private opaque(name: string, args: readonly Expression[]): Value {
    const values = args.map((arg) => this.evaluate(arg));
    return values.includes(undefined) ? undefined : this.opaqueValue(name, values as Complex[]);
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

  private big(e: Extract<Expression, { kind: 'big' }>): Value {
    const range = this.range(e);
    if (range === undefined) return this.opaqueBig(e);
    const before = this.bound.get(e.variable);
    let total = this.field.integer(e.operator === 'sum' ? 0 : 1);
    for (let k = range[0]; k <= range[1]; k++) {
      this.bound.set(e.variable, this.field.integer(k));
      const value = this.evaluate(e.body);
      if (value === undefined) return undefined;
      this.note(value);
      total = e.operator === 'sum' ? this.field.add(total, value) : this.field.multiply(total, value);
    }
    if (before) this.bound.set(e.variable, before);
    else this.bound.delete(e.variable);
    return this.usable(total);
  }

  private range(e: Extract<Expression, { kind: 'big' }>): [number, number] | undefined {
    if ((e.operator !== 'sum' && e.operator !== 'prod') || e.variable === '' || !e.lower || !e.upper) return undefined;
    const ends = [this.evaluate(e.lower), this.evaluate(e.upper)];
    const [low, high] = ends.map((end) =>
      end && this.field.isReal(end) && this.field.real.top(end.re) < 40 ? this.field.real.toNumber(end.re) : Number.NaN,
    );
    if (!Number.isInteger(low) || !Number.isInteger(high)) return undefined;
    if (high! - low! > maxSummands) throw new LimitReached('summands');
    return [low!, high!];
  }

  /** Integrals, limits and sums without whole bounds are compared as written, in normal form. */
  private opaqueBig(e: Expression): Value {
    return this.field.from(fractionFrom(keyOf(e) + this.point.seed, 1, 4));
  }
}
