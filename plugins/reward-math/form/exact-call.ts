import type { Expression } from '../expression.js';
import {
  compare,
  floor,
  gcd,
  integer,
  isInteger,
  negate,
  rational,
  smallInteger,
  type Rational,
} from '../numeric/rational.js';
import { exactRoot } from './surds.js';

/** The exact value of a function of numbers, where it has one that is cheap; undefined otherwise. */
export function exactCall(name: string, args: readonly Expression[], maxDigits: number): Rational | undefined {
  const numbers = args.flatMap((arg) => (arg.kind === 'number' ? [arg.value] : []));
  return numbers.length === args.length ? exactFunctions.get(name)?.(numbers, maxDigits) : undefined;
}

type Exact = (args: readonly Rational[], maxDigits: number) => Rational | undefined;

const table: Readonly<Record<string, Exact>> = {
  abs: ([a]) => a && (a.n < 0n ? negate(a) : a),
  floor: ([a]) => a && integer(floor(a)),
  ceil: ([a]) => a && integer(-floor(negate(a))),
  sign: ([a]) => a && integer(a.n > 0n ? 1 : a.n < 0n ? -1 : 0),
  conjugate: ([a]) => a,
  Re: ([a]) => a,
  max: (args) => args.reduce((a, b) => (compare(a, b) >= 0 ? a : b)),
  min: (args) => args.reduce((a, b) => (compare(a, b) <= 0 ? a : b)),
  gcd: (args) => wholes(args)?.reduce((a, b) => integer(gcd(a.n, b.n))),
  lcm: (args) =>
    wholes(args)?.reduce((a, b) => integer(a.n === 0n || b.n === 0n ? 0n : magnitude((a.n / gcd(a.n, b.n)) * b.n))),
  mod: ([a, b]) => (a && b && b.n > 0n ? modulo(a, b) : undefined),
  factorial: ([a], maxDigits) => a && factorial(smallInteger(a, 5000), 1, maxDigits),
  doubleFactorial: ([a], maxDigits) => a && factorial(smallInteger(a, 5000), 2, maxDigits),
  binom: ([n, k], maxDigits) => n && k && binomial(n, k, maxDigits),
  root: ([a, k]) => (a && k ? root(a, smallInteger(k, 60)) : undefined),
};
const exactFunctions: ReadonlyMap<string, Exact> = new Map(Object.entries(table));

function wholes(args: readonly Rational[]): readonly Rational[] | undefined {
  return args.length > 0 && args.every(isInteger) ? args : undefined;
}

function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n;
}

function modulo(a: Rational, b: Rational): Rational {
  const times = floor(rational(a.n * b.d, a.d * b.n));
  return rational(a.n * b.d - times * b.n * a.d, a.d * b.d);
}

/** n·(n-step)·(n-2step)… for 0 ≤ n, while the digits allowed suffice (n! has fewer than n·log10(n) digits). */
function factorial(n: number | undefined, step: number, maxDigits: number): Rational | undefined {
  if (n === undefined || n < 0 || (n / step) * Math.log10(n + 1) > maxDigits) return undefined;
  let result = 1n;
  for (let k = n; k > 1; k -= step) result *= BigInt(k);
  return integer(result);
}

function binomial(n: Rational, k: Rational, maxDigits: number): Rational | undefined {
  const [top, count] = [smallInteger(n, 100_000), smallInteger(k, 100_000)];
  if (top === undefined || count === undefined || top < 0) return undefined;
  if (count < 0 || count > top) return integer(0);
  const steps = Math.min(count, top - count);
  if (steps > 3000 || steps * Math.log10(top + 1) > maxDigits) return undefined;
  let result = 1n;
  for (let j = 1; j <= steps; j++) result = (result * BigInt(top - steps + j)) / BigInt(j);
  return integer(result);
}

/** The real root of a perfect power; odd roots of negative numbers are negative. */
function root(a: Rational, degree: number | undefined): Rational | undefined {
  if (degree === undefined || degree < 1 || (a.n < 0n && degree % 2 === 0)) return undefined;
  const [top, bottom] = [exactRoot(magnitude(a.n), degree), exactRoot(a.d, degree)];
  if (top === undefined || bottom === undefined) return undefined;
  return rational(a.n < 0n ? -top : top, bottom);
}
