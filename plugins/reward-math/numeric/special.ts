import { type Complex, type ComplexField, type Value } from './complex.js';
import { add, multiply, negate, rational, zero, type Rational } from './rational.js';

/** Beyond this precision the series below would need too many terms. */
const maxBits = 640;

/** Bernoulli numbers B_2, B_4, … as far as they have been asked for. */
const bernoulliNumbers: Rational[] = [];

/** B_{2k} for k ≥ 1, from the recurrence of the tangent numbers' generating function. */
function bernoulli(k: number): Rational {
  while (bernoulliNumbers.length < k) bernoulliNumbers.push(nextBernoulli(2 * (bernoulliNumbers.length + 1)));
  return bernoulliNumbers[k - 1] ?? zero;
}

/** B_m = -1/(m+1) · Σ_{j<m} C(m+1, j) B_j for an even m. */
function nextBernoulli(m: number): Rational {
  let total = add(rational(1n, 1n), rational(-BigInt(m + 1), 2n));
  let binomial = BigInt(m + 1);
  for (let j = 2; j < m; j++) {
    binomial = (binomial * BigInt(m + 2 - j)) / BigInt(j);
    const known = j % 2 === 0 ? bernoulliNumbers[j / 2 - 1] : undefined;
    if (known !== undefined) total = add(total, multiply(rational(binomial, 1n), known));
  }
  return multiply(negate(total), rational(1n, BigInt(m + 1)));
}

/** Γ(z) by Stirling's series, after shifting z to where it converges fast. */
export function gamma(f: ComplexField, z: Complex): Value {
  if (f.bits > maxBits || f.real.top(z.re) > 11 || f.real.top(z.im) > 6) return undefined;
  if (z.re.m < 0n || f.real.top(z.re) < 0) return reflectedGamma(f, z);
  const shifts = Math.ceil(f.bits / 3);
  let product = f.integer(1);
  let x = z;
  for (let k = 0; k < shifts; k++) {
    product = f.multiply(product, x);
    x = f.add(x, f.integer(1));
  }
  const logarithm = stirling(f, x);
  const value = logarithm && f.exp(logarithm);
  return value && f.divide(value, product);
}

/** Γ(z) = Γ(z + 1)/z for small arguments, π/(sin πz · Γ(1 - z)) for negative ones. */
function reflectedGamma(f: ComplexField, z: Complex): Value {
  if (z.re.m >= 0n) {
    const above = gamma(f, f.add(z, f.integer(1)));
    return above && f.divide(above, z);
  }
  const angle = f.multiply(f.fromReal(f.series.pi()), z);
  if (!f.isReal(angle)) return undefined;
  const turn = f.series.sinCos(angle.re);
  const mirrored = gamma(f, f.subtract(f.integer(1), z));
  if (turn === undefined || mirrored === undefined || f.real.top(turn.sin) < -f.bits + 30) return undefined;
  return f.divide(f.fromReal(f.series.pi()), f.multiply(f.fromReal(turn.sin), mirrored));
}

/** ln Γ(x) for a large x. */
function stirling(f: ComplexField, x: Complex): Value {
  const ln = f.ln(x);
  const twoPi = f.ln(f.fromReal(f.real.scale(f.series.pi(), 1)));
  const inverse = f.divide(f.integer(1), x);
  if (!ln || !twoPi || !inverse) return undefined;
  const half = f.from(rational(1n, 2n));
  let total = f.subtract(f.multiply(f.subtract(x, half), ln), x);
  total = f.add(total, f.multiply(half, twoPi));
  const square = f.multiply(inverse, inverse);
  let power = inverse;
  for (let k = 1; k < f.bits && f.top(power) > -f.bits - 20; k++) {
    const factor = multiply(bernoulli(k), rational(1n, BigInt(2 * k * (2 * k - 1))));
    const term = f.multiply(f.from(factor), power);
    if (f.top(term) < -f.bits - 10) break;
    total = f.add(total, term);
    power = f.multiply(power, square);
  }
  return total;
}

/** B(x, y) = Γ(x)Γ(y)/Γ(x + y). */
export function beta(f: ComplexField, x: Complex, y: Complex): Value {
  const [a, b, c] = [gamma(f, x), gamma(f, y), gamma(f, f.add(x, y))];
  return a && b && c && f.divide(f.multiply(a, b), c);
}

/** ζ(s) for real s by the formula of Euler and Maclaurin. */
export function zeta(f: ComplexField, s: Complex): Value {
  if (f.bits > maxBits || !f.isReal(s) || f.real.top(s.re) > 8) return undefined;
  const count = Math.ceil(f.bits / 4);
  const n = f.integer(count);
  const less = f.subtract(s, f.integer(1));
  const power = f.power(n, f.negate(s));
  const tail = power && f.divide(f.multiply(power, n), less);
  if (!power || !tail) return undefined;
  let total = f.subtract(tail, f.multiply(power, f.from(rational(1n, 2n))));
  for (let k = 1; k <= count; k++) {
    const term = f.power(f.integer(k), f.negate(s));
    if (!term) return undefined;
    total = f.add(total, term);
  }
  return eulerMaclaurin(f, total, { s, power, n });
}

/** Adds Σ B_{2k}/(2k)! · s(s+1)…(s+2k-2) · n^{-s-2k+1} to a partial sum. */
function eulerMaclaurin(
  f: ComplexField,
  start: Complex,
  { s, power, n }: { s: Complex; power: Complex; n: Complex },
): Value {
  let total = start;
  let factor = f.divide(f.multiply(s, power), n);
  const square = f.multiply(n, n);
  let factorial = 2n;
  for (let k = 1; factor !== undefined && k < f.bits; k++) {
    const { n: top, d } = bernoulli(k);
    const term = f.multiply(f.from(rational(top, d * factorial)), factor);
    total = f.add(total, term);
    if (f.top(term) < f.top(total) - f.bits - 4) break;
    factorial *= BigInt((2 * k + 1) * (2 * k + 2));
    const next = f.multiply(f.add(s, f.integer(2 * k - 1)), f.add(s, f.integer(2 * k)));
    factor = f.divide(f.multiply(factor, next), square);
  }
  return total;
}
