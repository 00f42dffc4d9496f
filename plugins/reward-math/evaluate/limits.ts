import type { Complex, ComplexField, Value } from '../numeric/complex.js';
import type { Real } from '../numeric/real.js';

/** A function of one number at the precision of a field. */
export type NumericFunction = (x: Complex) => Value;

/** Two approximations of the same value agree if they share this many leading bits. */
const agreement = 52;

/** Whether two approximations agree, relatively or both as zero. */
function agree(f: ComplexField, a: Complex, b: Complex): boolean {
  const gap = f.top(f.subtract(a, b));
  return gap < Math.max(f.top(a), f.top(b), -20) - agreement;
}

/** ∫ between finite ends or infinity, by the double exponential rule; undefined where it does not settle. */
export function integrate(f: ComplexField, body: NumericFunction, low: Real | '-∞', high: Real | '∞'): Value {
  const map = substitution(f, low, high);
  let before: Value;
  for (const level of [3, 4, 5, 6]) {
    const total = trapezoids(f, (t) => map(t, body), level);
    if (total === undefined) return undefined;
    if (before !== undefined && agree(f, before, total)) return total;
    before = total;
  }
  return undefined;
}

/** The integrand at x(t) times dx/dt, where t runs over the real line; `null` where x has run into an end. */
type Substituted = (t: Real, body: NumericFunction) => Value | null;

function substitution(f: ComplexField, low: Real | '-∞', high: Real | '∞'): Substituted {
  const quarterTurn = f.real.scale(f.series.pi(), -1);
  const parts = (t: Real): { sinh: Real; cosh: Real } | undefined => {
    const [up, down] = [f.series.exp(t), f.series.exp(f.real.negate(t))];
    if (!up || !down) return undefined;
    return { sinh: f.real.scale(f.real.subtract(up, down), -1), cosh: f.real.scale(f.real.add(up, down), -1) };
  };
  return (t, body) => {
    const outer = parts(t);
    const u = outer && f.real.multiply(quarterTurn, outer.sinh);
    const slope = outer && f.real.multiply(quarterTurn, outer.cosh);
    if (!u || !slope) return null;
    const point = low === '-∞' || high === '∞' ? infinite(f, u, low, high) : finite(f, u, low, high);
    if (point === null) return null;
    const value = body(f.fromReal(point.x));
    return value && f.multiply(value, f.fromReal(f.real.multiply(point.slope, slope)));
  };
}

interface SubstitutedPoint {
  readonly x: Real;
  /** dx/du */
  readonly slope: Real;
}

/** x = middle + radius · tanh u, written so that the distance to the nearer end keeps its bits. */
function finite(f: ComplexField, u: Real, low: Real, high: Real): SubstitutedPoint | null {
  const grown = f.series.exp(f.real.scale(f.real.abs(u), 1));
  if (grown === undefined) return null;
  const width = f.real.subtract(high, low);
  const one = f.real.integer(1);
  const distance = f.real.divide(width, f.real.add(grown, one));
  const slope = distance && f.real.divide(f.real.multiply(f.real.scale(distance, 1), grown), f.real.add(grown, one));
  if (!distance || !slope || f.real.top(distance) < f.real.top(width) - f.bits + 8) return null;
  const x = u.m < 0n ? f.real.add(low, distance) : f.real.subtract(high, distance);
  return { x, slope };
}

/** x = low + e^u, high - e^u or sinh u. */
function infinite(f: ComplexField, u: Real, low: Real | '-∞', high: Real | '∞'): SubstitutedPoint | null {
  if (f.real.top(u) > 6) return null;
  const [up, down] = [f.series.exp(u), f.series.exp(f.real.negate(u))];
  if (!up || !down) return null;
  if (low !== '-∞') return { x: f.real.add(low, up), slope: up };
  if (high !== '∞') return { x: f.real.subtract(high, down), slope: down };
  return {
    x: f.real.scale(f.real.subtract(up, down), -1),
    slope: f.real.scale(f.real.add(up, down), -1),
  };
}

function trapezoids(f: ComplexField, at: (t: Real) => Value | null, level: number): Value {
  let total = f.integer(0);
  for (const direction of [1, -1]) {
    for (let k = direction === 1 ? 0 : 1; ; k++) {
      const value = at(f.real.scale(f.real.integer(direction * k), -level));
      if (value === null || k > 8 * 2 ** level) break;
      if (value === undefined) return undefined;
      total = f.add(total, value);
      if (k > 2 ** level && f.top(value) < f.top(total) - f.bits) break;
    }
  }
  const half = -level;
  return { re: f.real.scale(total.re, half), im: f.real.scale(total.im, half) };
}

/** The limit of a function for h → 0 from one side, by extrapolation to a polynomial in h. */
export function limitAtZero(f: ComplexField, body: (h: Real) => Value, sign: 1 | -1): Value {
  const first = 4;
  const rows: Complex[] = [];
  let before: Value;
  for (let k = 0; k < 18; k++) {
    const value = body(f.real.scale(f.real.integer(sign), -(first + k)));
    if (value === undefined) break;
    rows.push(value);
    // Neville's scheme for points that halve each time.
    for (let j = rows.length - 2; j >= 0; j--) {
      const [near, far] = [rows[j + 1], rows[j]];
      if (near === undefined || far === undefined) return undefined;
      const weight = f.integer(2 ** (rows.length - 1 - j) - 1);
      const step = f.divide(f.subtract(near, far), weight);
      if (step === undefined) return undefined;
      rows[j] = f.add(near, step);
    }
    const [best] = rows;
    if (best === undefined) return undefined;
    if (k > 5 && before !== undefined && agree(f, before, best)) return best;
    before = best;
  }
  return undefined;
}

/** Σ a(k) from a first term to infinity, by Levin's transformation; undefined where it does not settle. */
export function infiniteSum(f: ComplexField, term: (k: number) => Value, first: number): Value {
  const orders = [24, 32, 40];
  const terms: Complex[] = [];
  const sums: Complex[] = [];
  let total = f.integer(0);
  for (let k = 0; k <= 41; k++) {
    const value = term(first + k);
    if (value === undefined) return undefined;
    total = f.add(total, value);
    terms.push(value);
    sums.push(total);
  }
  if (!shrinks(f, terms)) return undefined;
  if (terms.every((value, k) => k < 30 || f.isZero(value))) return total;
  const [low, middle, high] = orders.map((order) => levin(f, terms, sums, order));
  if (!low || !middle || !high) return undefined;
  return agree(f, middle, high) && f.top(f.subtract(low, high)) < f.top(high) - 30 ? high : undefined;
}

/** Only a sum whose terms tend to zero has a value, whatever a transformation may say. */
function shrinks(f: ComplexField, terms: readonly Complex[]): boolean {
  const largest = (from: number, to: number): number => Math.max(...terms.slice(from, to).map((value) => f.top(value)));
  const [early, late] = [largest(2, 8), largest(34, 42)];
  return late === -Infinity || late < early - 1;
}

/** Levin's u-transform of order n: a quotient of sums with weights (-1)^j C(n, j) (j+1)^{n-2} / a_j. */
function levin(f: ComplexField, terms: readonly Complex[], sums: readonly Complex[], order: number): Value {
  let [top, bottom] = [f.integer(0), f.integer(0)];
  let binomial = 1n;
  for (let j = 0; j <= order; j++) {
    const [term, partial] = [terms[j], sums[j]];
    if (term === undefined || partial === undefined || f.isZero(term)) return undefined;
    const scale = f.from({ n: (j % 2 === 0 ? 1n : -1n) * binomial * BigInt(j + 1) ** BigInt(order - 2), d: 1n });
    const weight = f.divide(scale, term);
    if (weight === undefined) return undefined;
    top = f.add(top, f.multiply(weight, partial));
    bottom = f.add(bottom, weight);
    binomial = (binomial * BigInt(order - j)) / BigInt(j + 1);
  }
  return f.divide(top, bottom);
}
