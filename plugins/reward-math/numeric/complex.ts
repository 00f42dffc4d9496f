import type { Budget } from '../budget.js';
import type { Rational } from './rational.js';
import { RealField, realZero, type Real } from './real.js';
import { Transcendental } from './transcendental.js';

export interface Complex {
  readonly re: Real;
  readonly im: Real;
}

/** A value, or undefined where the mathematics gives none (1/0) or the size is out of range. */
export type Value = Complex | undefined;

/** Complex arithmetic with principal branches. */
export class ComplexField {
  readonly real: RealField;
  readonly series: Transcendental;

  constructor(
    readonly bits: number,
    private readonly budget: Budget,
  ) {
    this.real = new RealField(bits, budget);
    this.series = new Transcendental(this.real, budget);
  }

  /** Counts work that is not arithmetic of this field. */
  spend(steps: number): void {
    this.budget.spend(steps);
  }

  from(value: Rational): Complex {
    return this.fromReal(this.real.from(value));
  }

  fromReal(re: Real): Complex {
    return { re, im: realZero };
  }

  integer(value: number): Complex {
    return this.fromReal(this.real.integer(value));
  }

  i(): Complex {
    return { re: realZero, im: this.real.integer(1) };
  }

  isReal(a: Complex): boolean {
    return a.im.m === 0n;
  }

  isZero(a: Complex): boolean {
    return a.re.m === 0n && a.im.m === 0n;
  }

  add(a: Complex, b: Complex): Complex {
    return { re: this.real.add(a.re, b.re), im: this.real.add(a.im, b.im) };
  }

  negate(a: Complex): Complex {
    return { re: this.real.negate(a.re), im: this.real.negate(a.im) };
  }

  subtract(a: Complex, b: Complex): Complex {
    return this.add(a, this.negate(b));
  }

  multiply(a: Complex, b: Complex): Complex {
    const f = this.real;
    if (this.isReal(a) && this.isReal(b)) return this.fromReal(f.multiply(a.re, b.re));
    return {
      re: f.subtract(f.multiply(a.re, b.re), f.multiply(a.im, b.im)),
      im: f.add(f.multiply(a.re, b.im), f.multiply(a.im, b.re)),
    };
  }

  divide(a: Complex, b: Complex): Value {
    if (this.isZero(b)) return undefined;
    const bothReal = this.isReal(a) && this.isReal(b);
    const top = bothReal ? a : this.multiply(a, { re: b.re, im: this.real.negate(b.im) });
    const size = bothReal ? b.re : this.real.add(this.real.multiply(b.re, b.re), this.real.multiply(b.im, b.im));
    const re = this.real.divide(top.re, size);
    const im = bothReal ? realZero : this.real.divide(top.im, size);
    return re && im && { re, im };
  }

  /** Position of the leading bit of the larger part. Minus infinity for zero. */
  top(a: Complex): number {
    return Math.max(this.real.top(a.re), this.real.top(a.im));
  }

  abs(a: Complex): Real {
    if (this.isReal(a)) return this.real.abs(a.re);
    return this.real.sqrt(this.real.add(this.real.multiply(a.re, a.re), this.real.multiply(a.im, a.im)));
  }

  exp(a: Complex): Value {
    const size = this.series.exp(a.re);
    if (size === undefined) return undefined;
    if (this.isReal(a)) return this.fromReal(size);
    const turn = this.series.sinCos(a.im);
    return turn && { re: this.real.multiply(size, turn.cos), im: this.real.multiply(size, turn.sin) };
  }

  ln(a: Complex): Value {
    if (this.isZero(a)) return undefined;
    return { re: this.series.ln(this.abs(a)), im: this.series.angle(a.im, a.re) };
  }

  sqrt(a: Complex): Value {
    if (!this.isReal(a)) return this.power(a, this.fromReal(this.real.scale(this.real.integer(1), -1)));
    const root = this.real.sqrt(this.real.abs(a.re));
    return a.re.m < 0n ? { re: realZero, im: root } : this.fromReal(root);
  }

  /** a^b with the principal logarithm; whole exponents by repeated squaring. */
  power(a: Complex, b: Complex): Value {
    const whole = this.wholeExponent(b);
    if (whole !== undefined) return this.wholePower(a, whole);
    if (this.isZero(a)) return this.real.sign(b.re) > 0 ? a : undefined;
    const logarithm = this.ln(a);
    return logarithm && this.exp(this.multiply(b, logarithm));
  }

  private wholeExponent(b: Complex): number | undefined {
    if (!this.isReal(b) || this.real.top(b.re) > 14) return undefined;
    const value = this.real.toNumber(b.re);
    return Number.isInteger(value) && this.real.compare(b.re, this.real.integer(value)) === 0 ? value : undefined;
  }

  private wholePower(a: Complex, exponent: number): Value {
    if (exponent === 0) return this.integer(1);
    let result = this.integer(1);
    let square = a;
    for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) result = this.multiply(result, square);
      square = this.multiply(square, square);
    }
    return exponent > 0 ? result : this.divide(this.integer(1), result);
  }
}
