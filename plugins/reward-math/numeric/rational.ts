import { LimitReached, type Budget } from '../budget.js';

/** An exact fraction in lowest terms with a positive denominator. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const zero: Rational = { n: 0n, d: 1n };
export const one: Rational = { n: 1n, d: 1n };
export const minusOne: Rational = { n: -1n, d: 1n };

export function integer(value: bigint | number): Rational {
  return { n: BigInt(value), d: 1n };
}

/** n/d in lowest terms; d must not be zero. */
export function rational(n: bigint, d: bigint): Rational {
  if (d === 1n) return { n, d };
  const sign = d < 0n ? -1n : 1n;
  const common = gcd(n, d);
  return { n: (sign * n) / common, d: (sign * d) / common };
}

export function add(a: Rational, b: Rational): Rational {
  if (a.d === b.d) return rational(a.n + b.n, a.d);
  return rational(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.n * b.n, a.d * b.d);
}

export function negate(a: Rational): Rational {
  return { n: -a.n, d: a.d };
}

/** 1/a, or undefined for zero. */
export function invert(a: Rational): Rational | undefined {
  if (a.n === 0n) return undefined;
  return a.n < 0n ? { n: -a.d, d: -a.n } : { n: a.d, d: a.n };
}

export function equals(a: Rational, b: Rational): boolean {
  return a.n === b.n && a.d === b.d;
}

export function compare(a: Rational, b: Rational): number {
  const left = a.n * b.d;
  const right = b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}

export function isInteger(a: Rational): boolean {
  return a.d === 1n;
}

/** The integer as a small number, or undefined if it is no integer or larger than `limit`. */
export function smallInteger(a: Rational, limit = 1_000_000): number | undefined {
  if (a.d !== 1n || a.n > BigInt(limit) || a.n < -BigInt(limit)) return undefined;
  return Number(a.n);
}

/** a to an integer power, or undefined if the result is not finite or has more than `maxDigits` digits. */
export function power(a: Rational, exponent: bigint, maxDigits: number): Rational | undefined {
  if (exponent === 0n) return one;
  const base = exponent < 0n ? invert(a) : a;
  if (base === undefined) return undefined;
  const times = exponent < 0n ? -exponent : exponent;
  if (base.d === 1n && (base.n === 0n || base.n === 1n)) return base;
  if (base.d === 1n && base.n === -1n) return times % 2n === 0n ? one : base;
  const bits = Math.max(bitLength(base.n), bitLength(base.d));
  if (times > 10_000_000n || bits * Number(times) > maxDigits * 3.33) return undefined;
  return { n: base.n ** times, d: base.d ** times };
}

/** Greatest common divisor; the quotients shrink quickly, so Euclid's method is enough for the sizes allowed here. */
export function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** Stops numbers that have grown beyond the digits allowed. */
export function checkSize(a: Rational, maxDigits: number, budget: Budget): Rational {
  const bits = Math.max(bitLength(a.n), bitLength(a.d));
  if (bits > maxDigits * 3.33) throw new LimitReached('digits');
  budget.spend(1 + Math.floor((bits * bits) / 4_000_000));
  return a;
}

export function bitLength(value: bigint): number {
  const approximate = Math.abs(Number(value));
  if (approximate === 0) return 0;
  if (approximate < 1e300) return Math.floor(Math.log2(approximate)) + 1;
  return value.toString(16).length * 4;
}

/** Rounds half away from zero to `decimals` places and returns the integer value × 10^decimals. */
export function roundScaled(a: Rational, decimals: number): bigint {
  const scaled = a.n * 10n ** BigInt(decimals) * 2n;
  const magnitude = ((scaled < 0n ? -scaled : scaled) / a.d + 1n) / 2n;
  return scaled < 0n ? -magnitude : magnitude;
}

export function floor(a: Rational): bigint {
  const quotient = a.n / a.d;
  return a.n < 0n && quotient * a.d !== a.n ? quotient - 1n : quotient;
}

export function show(a: Rational): string {
  return a.d === 1n ? a.n.toString() : `${a.n}/${a.d}`;
}
