import type { Budget } from '../budget.js';
import { bitLength, type Rational } from './rational.js';

/** m · 2^e. Only {@link RealField} makes them, so that m keeps to the working precision. */
export interface Real {
  readonly m: bigint;
  readonly e: number;
}

export const realZero: Real = { m: 0n, e: 0 };

/** Exponents beyond this are treated as "no value", so that arithmetic on exponents stays exact. */
const maxExponent = 2 ** 50;

/**
 * Binary floating point on BigInt with a fixed number of significant bits: what doubles cannot do, telling 10^20·√2
 * from the integer next to it, costs about a microsecond per operation here.
 */
export class RealField {
  constructor(
    readonly bits: number,
    private readonly budget: Budget,
  ) {}

  from(value: Rational): Real {
    if (value.d === 1n) return this.round(value.n, 0);
    return this.divide({ m: value.n, e: 0 }, { m: value.d, e: 0 }) ?? realZero;
  }

  integer(value: number): Real {
    return { m: BigInt(value), e: 0 };
  }

  add(a: Real, b: Real): Real {
    this.budget.spend();
    if (a.m === 0n) return b;
    if (b.m === 0n) return a;
    const [high, low] = a.e >= b.e ? [a, b] : [b, a];
    const gap = high.e - low.e;
    // A number this far below the other's last bit cannot change it.
    if (gap > this.bits * 2 + 64) {
      const lowTop = low.e + bitLength(low.m);
      if (lowTop < high.e - this.bits) return high;
      return this.round((high.m << BigInt(gap)) + low.m, low.e);
    }
    return this.round((high.m << BigInt(gap)) + low.m, low.e);
  }

  subtract(a: Real, b: Real): Real {
    return this.add(a, this.negate(b));
  }

  negate(a: Real): Real {
    return { m: -a.m, e: a.e };
  }

  abs(a: Real): Real {
    return a.m < 0n ? this.negate(a) : a;
  }

  multiply(a: Real, b: Real): Real {
    this.budget.spend();
    return this.round(a.m * b.m, a.e + b.e);
  }

  /** a / b, or undefined for b = 0. */
  divide(a: Real, b: Real): Real | undefined {
    this.budget.spend(2);
    if (b.m === 0n) return undefined;
    if (a.m === 0n) return realZero;
    const shift = Math.max(0, this.bits + 2 + bitLength(b.m) - bitLength(a.m));
    return this.round((a.m << BigInt(shift)) / b.m, a.e - b.e - shift);
  }

  /** Multiplies by 2^k. */
  scale(a: Real, k: number): Real {
    return a.m === 0n ? a : { m: a.m, e: a.e + k };
  }

  /** The square root of a number that is not negative. */
  sqrt(a: Real): Real {
    this.budget.spend(6);
    if (a.m <= 0n) return realZero;
    let shift = Math.max(0, 2 * this.bits - bitLength(a.m));
    if ((a.e - shift) % 2 !== 0) shift += 1;
    return this.round(integerSqrt(a.m << BigInt(shift)), (a.e - shift) / 2);
  }

  sign(a: Real): number {
    return a.m > 0n ? 1 : a.m < 0n ? -1 : 0;
  }

  compare(a: Real, b: Real): number {
    return this.sign(this.subtract(a, b));
  }

  /** Position of the leading bit: the number lies between 2^(top-1) and 2^top. Minus infinity for zero. */
  top(a: Real): number {
    return a.m === 0n ? -Infinity : a.e + bitLength(a.m);
  }

  /** The nearest double; may overflow to infinity. */
  toNumber(a: Real): number {
    const drop = Math.max(0, bitLength(a.m) - 64);
    return Number(a.m >> BigInt(drop)) * 2 ** Math.max(-1074, Math.min(1100, a.e + drop));
  }

  /** The value as an integer with `fraction` binary places. */
  toFixed(a: Real, fraction: number): bigint {
    const shift = a.e + fraction;
    return shift >= 0 ? a.m << BigInt(shift) : a.m >> BigInt(-shift);
  }

  fromFixed(value: bigint, fraction: number): Real {
    return this.round(value, -fraction);
  }

  /** The largest integer not above a, for |a| below 2^4000. */
  floor(a: Real): bigint {
    return this.toFixed(a, 0);
  }

  isUsable(a: Real): boolean {
    return Math.abs(a.e) < maxExponent;
  }

  private round(m: bigint, e: number): Real {
    if (m === 0n) return realZero;
    const excess = bitLength(m) - this.bits;
    if (excess <= 0) return { m, e };
    // Adding half of the last kept bit rounds to nearest.
    return { m: (m + (1n << BigInt(excess - 1))) >> BigInt(excess), e: e + excess };
  }
}

/** Floor of the square root, by Newton's method from above. */
export function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let x = 1n << BigInt(Math.ceil(bitLength(value) / 2) + 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
