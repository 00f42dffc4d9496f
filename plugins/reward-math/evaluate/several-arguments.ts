import type { Budget } from '../budget.js';
import { type Complex, type ComplexField, type Value } from '../numeric/complex.js';
import { beta } from '../numeric/special.js';

type Several = (field: ComplexField, args: readonly Complex[], budget: Budget) => Value;

/** Value of a real whole number, if the argument is one (up to rounding). */
function whole(f: ComplexField, x: Complex | undefined, limit: number): number | undefined {
  if (x === undefined || !f.isReal(x) || f.real.top(x.re) > 40) return undefined;
  const nearest = Math.round(f.real.toNumber(x.re));
  const off = f.real.subtract(x.re, f.real.integer(nearest));
  return f.real.top(off) < -f.bits / 2 && Math.abs(nearest) <= limit ? nearest : undefined;
}

const log: Several = (f, [x, base]) => {
  const [top, bottom] = [x && f.ln(x), base && f.ln(base)];
  const isBaseOne = bottom !== undefined && f.top(bottom) < -f.bits + 30;
  return top && bottom && !isBaseOne ? f.divide(top, bottom) : undefined;
};

/** Odd roots of negative numbers are real, unlike powers with a fractional exponent. */
const root: Several = (f, [x, degree]) => {
  if (!x || !degree) return undefined;
  const inverse = f.divide(f.integer(1), degree);
  const n = whole(f, degree, 1000);
  if (!inverse) return undefined;
  if (n !== undefined && n % 2 !== 0 && f.isReal(x) && x.re.m < 0n) {
    const positive = f.power(f.negate(x), inverse);
    return positive && f.negate(positive);
  }
  return f.power(x, inverse);
};

const factorialBy =
  (step: number): Several =>
  (f, [x], budget) => {
    const n = whole(f, x, 2000);
    if (n === undefined || n < 0) return undefined;
    let result = f.integer(1);
    for (let k = n; k > 1; k -= step) result = f.multiply(result, f.integer(k));
    budget.spend(n);
    return result;
  };

const binom: Several = (f, [n, k], budget) => {
  const count = whole(f, k, 1000);
  if (!n || count === undefined) return undefined;
  if (count < 0) return f.integer(0);
  let result = f.integer(1);
  for (let j = 0; j < count; j++) {
    result = f.multiply(result, f.subtract(n, f.integer(j)));
    const divided = f.divide(result, f.integer(j + 1));
    if (divided === undefined) return undefined;
    result = divided;
  }
  budget.spend(count);
  return result;
};

const extreme =
  (sign: 1 | -1): Several =>
  (f, args) => {
    if (args.length === 0 || !args.every((arg) => f.isReal(arg))) return undefined;
    return args.reduce((a, b) => (sign * f.real.compare(a.re, b.re) >= 0 ? a : b));
  };

const gcd: Several = (f, args) => {
  const numbers = args.map((arg) => whole(f, arg, 2 ** 40));
  if (numbers.length === 0 || numbers.includes(undefined)) return undefined;
  return f.integer((numbers as number[]).map(Math.abs).reduce(euclid));
};

const lcm: Several = (f, args) => {
  const numbers = args.map((arg) => whole(f, arg, 2 ** 20));
  if (numbers.length === 0 || numbers.includes(undefined)) return undefined;
  return f.integer(
    (numbers as number[]).map(Math.abs).reduce((a, b) => (a === 0 || b === 0 ? 0 : (a / euclid(a, b)) * b)),
  );
};

function euclid(a: number, b: number): number {
  return b === 0 ? a : euclid(b, a % b);
}

/** The remainder of any number, x - y·⌊x/y⌋, exactly for whole ones. */
const mod: Several = (f, [a, b]) => {
  const [x, y] = [whole(f, a, 2 ** 40), whole(f, b, 2 ** 40)];
  if (x !== undefined && y !== undefined) return y <= 0 ? undefined : f.integer(((x % y) + y) % y);
  if (!a || !b || !f.isReal(a) || !f.isReal(b) || b.re.m <= 0n) return undefined;
  const quotient = f.divide(a, b);
  if (!quotient || f.top(quotient) > f.bits - 60) return undefined;
  return f.subtract(a, f.multiply(b, f.from({ n: f.real.floor(quotient.re), d: 1n })));
};

/** Euler's φ, by trial division. */
const totient: Several = (f, [x], budget) => {
  const n = whole(f, x, 10 ** 9);
  if (n === undefined || n < 1) return undefined;
  let [rest, result] = [n, n];
  for (let p = 2; p * p <= rest; p++) {
    budget.spend();
    if (rest % p !== 0) continue;
    while (rest % p === 0) rest /= p;
    result -= result / p;
  }
  return f.integer(rest > 1 ? result - result / rest : result);
};

const table: Readonly<Record<string, Several>> = {
  log,
  root,
  binom,
  gcd,
  lcm,
  mod,
  max: extreme(1),
  min: extreme(-1),
  factorial: factorialBy(1),
  doubleFactorial: factorialBy(2),
  beta: (f, [x, y]) => x && y && beta(f, x, y),
  totient,
};

/** Functions of several numbers, or of whole numbers, by name. */
export const severalArguments: ReadonlyMap<string, Several> = new Map(Object.entries(table));
