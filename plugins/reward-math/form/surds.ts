import { number, power, type Expression } from '../expression.js';
import {
  bitLength,
  isInteger,
  multiply,
  one,
  power as ratPower,
  rational,
  type Rational,
} from '../numeric/rational.js';

/** An exact coefficient and prime powers with exponents between 0 and 1: √(8/3) = 2/3 · 2^(1/2) · 3^(1/2). */
export interface SurdSplit {
  readonly coefficient: Rational;
  readonly roots: readonly Expression[];
}

const smallPrimes = sieve(1000);

/** Splits base^exponent for a positive base; undefined if the exact part would have too many digits. */
export function splitPower(base: Rational, exponent: Rational, maxDigits: number): SurdSplit | undefined {
  if (base.n <= 0n) return undefined;
  const top = splitInteger(base.n, exponent, maxDigits);
  const bottom = splitInteger(base.d, { n: -exponent.n, d: exponent.d }, maxDigits);
  return (
    top &&
    bottom && { coefficient: multiply(top.coefficient, bottom.coefficient), roots: [...top.roots, ...bottom.roots] }
  );
}

function splitInteger(n: bigint, exponent: Rational, maxDigits: number): SurdSplit | undefined {
  let coefficient = one;
  const roots: Expression[] = [];
  for (const [prime, count] of factors(n, exponent.d)) {
    const total = rational(exponent.n * BigInt(count), exponent.d);
    const whole = floorDivide(total);
    const exact = ratPower({ n: prime, d: 1n }, whole, maxDigits);
    if (exact === undefined) return undefined;
    coefficient = multiply(coefficient, exact);
    const left = rational(total.n - whole * total.d, total.d);
    if (left.n !== 0n) roots.push(power(number({ n: prime, d: 1n }), number(left)));
  }
  return { coefficient, roots };
}

function floorDivide(a: Rational): bigint {
  const quotient = a.n / a.d;
  return a.n < 0n && !isInteger(a) ? quotient - 1n : quotient;
}

/** The primes of a positive integer with their counts, smallest first; a large factor is taken as one. */
export function primePowers(n: bigint): [bigint, number][] {
  return factors(n, 1n);
}

/** Prime factors below a thousand, and what remains: as a perfect power if it is one, otherwise as if it were prime. */
function factors(n: bigint, degree: bigint): [bigint, number][] {
  const found: [bigint, number][] = [];
  let rest = n;
  if (bitLength(n) < 4000) {
    for (const prime of smallPrimes) {
      if (rest === 1n) break;
      let count = 0;
      while (rest % prime === 0n) {
        rest /= prime;
        count++;
      }
      if (count > 0) found.push([prime, count]);
    }
  }
  if (rest === 1n) return found;
  const root = degree > 1n && degree < 64n ? exactRoot(rest, Number(degree)) : undefined;
  found.push(root === undefined ? [rest, 1] : [root, Number(degree)]);
  return found;
}

/** The integer whose `degree`-th power is n, if there is one. */
export function exactRoot(n: bigint, degree: number): bigint | undefined {
  if (n < 2n) return n;
  const d = BigInt(degree);
  let x = 1n << BigInt(Math.ceil(bitLength(n) / degree) + 1);
  for (;;) {
    const next = ((d - 1n) * x + n / x ** (d - 1n)) / d;
    if (next >= x) break;
    x = next;
  }
  return x ** d === n ? x : undefined;
}

function sieve(limit: number): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2; n < limit; n++) if (primes.every((prime) => BigInt(n) % prime !== 0n)) primes.push(BigInt(n));
  return primes;
}
