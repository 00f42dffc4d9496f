import { type Complex, type ComplexField, type Value } from './complex.js';
import { gamma, zeta } from './special.js';

type Unary = (field: ComplexField, x: Complex) => Value;

/** e^{ix} and e^{-ix} combined; the closed forms below hold for every complex argument. */
const sin: Unary = (f, x) => {
  if (f.isReal(x)) {
    const both = f.series.sinCos(x.re);
    return both && f.fromReal(both.sin);
  }
  const [up, down] = turns(f, x);
  return up && down && f.divide(f.subtract(up, down), f.multiply(f.integer(2), f.i()));
};

const cos: Unary = (f, x) => {
  if (f.isReal(x)) {
    const both = f.series.sinCos(x.re);
    return both && f.fromReal(both.cos);
  }
  const [up, down] = turns(f, x);
  return up && down && f.divide(f.add(up, down), f.integer(2));
};

function turns(f: ComplexField, x: Complex): [Value, Value] {
  const ix = f.multiply(f.i(), x);
  return [f.exp(ix), f.exp(f.negate(ix))];
}

const sinh: Unary = (f, x) => half(f, f.exp(x), f.exp(f.negate(x)), -1);
const cosh: Unary = (f, x) => half(f, f.exp(x), f.exp(f.negate(x)), 1);

function half(f: ComplexField, a: Value, b: Value, sign: 1 | -1): Value {
  if (!a || !b) return undefined;
  return f.divide(sign === 1 ? f.add(a, b) : f.subtract(a, b), f.integer(2));
}

const quotient =
  (top: Unary, bottom: Unary): Unary =>
  (f, x) => {
    const [a, b] = [top(f, x), bottom(f, x)];
    return a && b && quotientNear(f, a, b);
  };

/** A sine or cosine that should be zero comes out as a rounding remainder: no value then, instead of a huge one. */
function quotientNear(f: ComplexField, a: Complex, b: Complex): Value {
  return f.real.top(f.abs(b)) < -f.bits + 30 ? undefined : f.divide(a, b);
}

const unit: Unary = (f) => f.integer(1);

/** arctan x = Im ln(1 + ix) for real x. */
const arctan: Unary = (f, x) => {
  if (f.isReal(x)) return f.fromReal(f.series.angle(x.re, f.real.integer(1)));
  const ix = f.multiply(f.i(), x);
  const [a, b] = [f.ln(f.add(f.integer(1), ix)), f.ln(f.subtract(f.integer(1), ix))];
  return a && b && f.divide(f.subtract(a, b), f.multiply(f.integer(2), f.i()));
};

/** arcsin x = arg(√(1-x²) + ix) inside [-1, 1], the logarithm's branch outside. */
const arcsin: Unary = (f, x) => {
  const root = f.sqrt(f.subtract(f.integer(1), f.multiply(x, x)));
  const ln = root && f.ln(f.add(root, f.multiply(f.i(), x)));
  if (!ln) return undefined;
  if (f.isReal(x) && f.isReal(root)) return f.fromReal(ln.im);
  return f.divide(ln, f.i());
};

const arccos: Unary = (f, x) => {
  const inner = arcsin(f, x);
  return inner && f.subtract(f.fromReal(f.real.scale(f.series.pi(), -1)), inner);
};

const ofInverse =
  (g: Unary): Unary =>
  (f, x) => {
    const inverse = f.divide(f.integer(1), x);
    return inverse && g(f, inverse);
  };

/** arccot with values in (0, π), the convention of most textbooks. */
const arccot: Unary = (f, x) => {
  const inner = arctan(f, x);
  return inner && f.subtract(f.fromReal(f.real.scale(f.series.pi(), -1)), inner);
};

const arsinh: Unary = (f, x) => lnWithRoot(f, x, f.integer(1));
const arcosh: Unary = (f, x) => lnWithRoot(f, x, f.integer(-1));

function lnWithRoot(f: ComplexField, x: Complex, offset: Complex): Value {
  const root = f.sqrt(f.add(f.multiply(x, x), offset));
  return root && f.ln(f.add(x, root));
}

const artanh: Unary = (f, x) => {
  const [a, b] = [f.ln(f.add(f.integer(1), x)), f.ln(f.subtract(f.integer(1), x))];
  return a && b && f.divide(f.subtract(a, b), f.integer(2));
};

const realOnly =
  (g: (f: ComplexField, x: Complex) => Value): Unary =>
  (f, x) =>
    f.isReal(x) ? g(f, x) : undefined;

/** Floor and ceiling jump at integers, so a remainder of rounding next to one is taken as the integer. */
function floorNear(f: ComplexField, x: Complex, direction: 1 | -1): Value {
  if (f.real.top(x.re) > f.bits) return undefined;
  const nearest = f.real.floor(f.real.add(x.re, f.real.scale(f.real.integer(1), -1)));
  const distance = f.real.subtract(x.re, f.real.from({ n: nearest, d: 1n }));
  if (f.real.top(distance) < -f.bits + 40 + Math.max(0, f.real.top(x.re))) return f.from({ n: nearest, d: 1n });
  const below = f.real.floor(x.re);
  return f.from({ n: direction === -1 ? below : below + 1n, d: 1n });
}

function fractionalPart(f: ComplexField, x: Complex): Value {
  const below = floorNear(f, x, -1);
  return below && f.subtract(x, below);
}

const table: Readonly<Record<string, Unary>> = {
  sin,
  cos,
  tan: quotient(sin, cos),
  cot: quotient(cos, sin),
  sec: quotient(unit, cos),
  csc: quotient(unit, sin),
  sinh,
  cosh,
  tanh: quotient(sinh, cosh),
  coth: quotient(cosh, sinh),
  sech: quotient(unit, cosh),
  csch: quotient(unit, sinh),
  arcsin,
  arccos,
  arctan,
  arccot,
  arcsec: ofInverse(arccos),
  arccsc: ofInverse(arcsin),
  arsinh,
  arcosh,
  artanh,
  exp: (f, x) => f.exp(x),
  ln: (f, x) => f.ln(x),
  abs: (f, x) => f.fromReal(f.abs(x)),
  floor: realOnly((f, x) => floorNear(f, x, -1)),
  ceil: realOnly((f, x) => floorNear(f, x, 1)),
  Re: (f, x) => f.fromReal(x.re),
  Im: (f, x) => f.fromReal(x.im),
  arg: (f, x) => (f.isZero(x) ? undefined : f.fromReal(f.series.angle(x.im, x.re))),
  conjugate: (f, x) => ({ re: x.re, im: f.real.negate(x.im) }),
  sign: realOnly((f, x) => f.integer(f.real.sign(x.re))),
  frac: realOnly((f, x) => fractionalPart(f, x)),
  gamma,
  zeta,
};

/** Functions of one number by name. */
export const unaryFunctions: ReadonlyMap<string, Unary> = new Map(Object.entries(table));
