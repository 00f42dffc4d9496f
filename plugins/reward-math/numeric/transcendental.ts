import type { Budget } from '../budget.js';
import { realZero, type Real, type RealField } from './real.js';

/** Extra bits inside a series, so that its rounding errors stay below the working precision. */
const guard = 48;
/** Arguments beyond 2^this are not reduced: exponentials would overflow, angles would lose all their bits. */
const maxArgumentBits = 44;

const constantCache = new Map<string, bigint>();

/** Exponential, logarithm, sine, cosine and angle of real numbers at the precision of a field. */
export class Transcendental {
  private readonly fraction: number;

  constructor(
    private readonly field: RealField,
    private readonly budget: Budget,
  ) {
    this.fraction = field.bits + guard + maxArgumentBits;
  }

  pi(): Real {
    return this.field.fromFixed(fixedPi(this.fraction), this.fraction);
  }

  e(): Real {
    return this.expNear(this.field.integer(1));
  }

  /** e^x, or undefined when the result is out of range. */
  exp(x: Real): Real | undefined {
    if (x.m === 0n) return this.field.integer(1);
    if (this.field.top(x) > maxArgumentBits) return x.m < 0n ? realZero : undefined;
    return this.expNear(x);
  }

  /** e^x for an argument that can be reduced. */
  private expNear(x: Real): Real {
    this.spendSeries();
    const ln2 = fixedLn2(this.fraction);
    const value = this.field.toFixed(x, this.fraction);
    const doublings = roundedQuotient(value, ln2);
    const series = expSeries(value - doublings * ln2, this.fraction);
    return this.field.scale(this.field.fromFixed(series, this.fraction), Number(doublings));
  }

  /** The natural logarithm of a positive number. */
  ln(x: Real): Real {
    this.spendSeries();
    const top = this.field.top(x);
    const mantissa = this.field.toFixed(this.field.scale(x, -top), this.fraction);
    // Halley's step on e^y = mantissa triples the correct digits, starting from the double's 50 bits.
    let y =
      BigInt(Math.round(Math.log(fixedToNumber(mantissa, this.fraction)) * 2 ** 50)) << BigInt(this.fraction - 50);
    for (let correct = 45; correct < this.fraction; correct *= 3) {
      const grown = expSeries(y, this.fraction);
      y += ((mantissa - grown) << BigInt(this.fraction + 1)) / (mantissa + grown);
    }
    return this.field.fromFixed(y + BigInt(top) * fixedLn2(this.fraction), this.fraction);
  }

  /** Sine and cosine, or undefined for an angle too large to reduce. */
  sinCos(x: Real): { sin: Real; cos: Real } | undefined {
    return this.field.top(x) > maxArgumentBits ? undefined : this.sinCosNear(x);
  }

  private sinCosNear(x: Real): { sin: Real; cos: Real } {
    this.spendSeries();
    const half = fixedPi(this.fraction) >> 1n;
    const value = this.field.toFixed(x, this.fraction);
    const quarter = roundedQuotient(value, half);
    const [sin, cos] = sinCosSeries(value - quarter * half, this.fraction);
    const [s, c] = turned(sin, cos, ((quarter % 4n) + 4n) % 4n);
    return { sin: this.field.fromFixed(s, this.fraction), cos: this.field.fromFixed(c, this.fraction) };
  }

  /** The angle of the point (x, y), between -π (excluded) and π. */
  angle(y: Real, x: Real): Real {
    if (y.m === 0n) return x.m < 0n ? this.pi() : realZero;
    const size = Math.max(this.field.top(x), this.field.top(y));
    const [sx, sy] = [this.field.scale(x, -size), this.field.scale(y, -size)];
    const start = this.field.fromFixed(
      BigInt(Math.round(Math.atan2(this.field.toNumber(sy), this.field.toNumber(sx)) * 2 ** 50)),
      50,
    );
    const { sin, cos } = this.sinCosNear(start);
    // Turning back by the double's angle leaves a tiny one, for which three terms of the series are exact enough.
    const across = this.field.subtract(this.field.multiply(sy, cos), this.field.multiply(sx, sin));
    const along = this.field.add(this.field.multiply(sx, cos), this.field.multiply(sy, sin));
    return this.field.add(start, this.smallArctan(this.field.divide(across, along) ?? realZero));
  }

  private smallArctan(t: Real): Real {
    const square = this.field.multiply(t, t);
    let term = t;
    let sum = t;
    for (let k = 3; this.field.top(term) > -this.field.bits - guard && k < 60; k += 2) {
      term = this.field.negate(this.field.multiply(term, square));
      sum = this.field.add(sum, this.field.divide(term, this.field.integer(k)) ?? realZero);
    }
    return sum;
  }

  private spendSeries(): void {
    this.budget.spend(Math.ceil((this.fraction * this.fraction) / 4000));
  }
}

/** Sine and cosine after so many quarter turns more. */
function turned(sin: bigint, cos: bigint, quarters: bigint): readonly [bigint, bigint] {
  if (quarters === 0n) return [sin, cos];
  if (quarters === 1n) return [cos, -sin];
  return quarters === 2n ? [-sin, -cos] : [-cos, sin];
}

/** e^r for a small r: the series at r/2^12, squared twelve times. */
function expSeries(r: bigint, fraction: number): bigint {
  const halvings = 12;
  const places = BigInt(fraction + 2 * halvings);
  const x = (r << BigInt(2 * halvings)) >> BigInt(halvings);
  let term = 1n << places;
  let sum = term;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = ((term * x) >> places) / k;
    sum += term;
  }
  for (let k = 0; k < halvings; k++) sum = (sum * sum) >> places;
  return sum >> BigInt(2 * halvings);
}

function sinCosSeries(r: bigint, fraction: number): [bigint, bigint] {
  const places = BigInt(fraction);
  const square = (r * r) >> places;
  let sinTerm = r;
  let cosTerm = 1n << places;
  let [sin, cos] = [sinTerm, cosTerm];
  for (let k = 1n; sinTerm !== 0n || cosTerm !== 0n; k++) {
    cosTerm = -((cosTerm * square) >> places) / ((2n * k - 1n) * (2n * k));
    sinTerm = -((sinTerm * square) >> places) / (2n * k * (2n * k + 1n));
    sin += sinTerm;
    cos += cosTerm;
    if (k > 2000n) break;
  }
  return [sin, cos];
}

function fixedPi(fraction: number): bigint {
  return cached(`pi${fraction}`, () => {
    const inner = fraction + 16;
    return (16n * inverseArctan(5n, inner) - 4n * inverseArctan(239n, inner)) >> 16n;
  });
}

/** ln 2 = 2·artanh(1/3). */
function fixedLn2(fraction: number): bigint {
  return cached(`ln2${fraction}`, () => {
    const inner = BigInt(fraction + 16);
    let power = (1n << inner) / 3n;
    let sum = power;
    for (let k = 3n; power !== 0n; k += 2n) {
      power /= 9n;
      sum += power / k;
    }
    return (2n * sum) >> 16n;
  });
}

function inverseArctan(x: bigint, fraction: number): bigint {
  let power = (1n << BigInt(fraction)) / x;
  let sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power = -power / (x * x);
    sum += power / k;
  }
  return sum;
}

function cached(name: string, make: () => bigint): bigint {
  let value = constantCache.get(name);
  if (value === undefined) constantCache.set(name, (value = make()));
  return value;
}

function roundedQuotient(a: bigint, b: bigint): bigint {
  const doubled = (2n * a) / b;
  return doubled >= 0n ? (doubled + 1n) / 2n : (doubled - 1n) / 2n;
}

function fixedToNumber(value: bigint, fraction: number): number {
  return Number(value >> BigInt(fraction - 60)) / 2 ** 60;
}
