import { Budget } from '../budget.js';
import { ComplexField, type Complex, type Value } from '../numeric/complex.js';
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
  const polynomial = low !== '-∞' && high !== '∞' ? integrateSmooth(f, body, low, high) : undefined;
  if (polynomial !== undefined) return polynomial;
  const at = substitution(f, low, high);
  let before: Value;
  for (const level of levels) {
    const total = trapezoids(f, nodesAt(f.bits, level), (node) => {
      const point = at(node);
      const value = body(f.fromReal(point.x));
      return value && f.multiply(value, f.fromReal(f.real.multiply(point.slope, node.slope)));
    });
    if (total === undefined) return undefined;
    if (before !== undefined && agree(f, before, total)) return total;
    before = total;
  }
  return undefined;
}

/** Weights of nine equally spaced values, in 14175ths of four steps. */
const newtonCotes = [989, 5888, -928, 10_496, -4540, 10_496, -928, 5888, 989];

/** The integral of a polynomial of low degree: nine values and seventeen give the same to nearly the last bit. */
function integrateSmooth(f: ComplexField, body: NumericFunction, low: Real, high: Real): Value {
  const middle = f.real.scale(f.real.add(low, high), -1);
  const [whole, left, right] = [rule(f, body, low, high), rule(f, body, low, middle), rule(f, body, middle, high)];
  if (!whole || !left || !right) return undefined;
  const halves = f.add(left, right);
  return f.top(f.subtract(whole, halves)) < f.top(whole) - f.bits + 40 ? halves : undefined;
}

function rule(f: ComplexField, body: NumericFunction, low: Real, high: Real): Value {
  const step = f.real.scale(f.real.subtract(high, low), -3);
  let total = f.integer(0);
  for (const [k, weight] of newtonCotes.entries()) {
    const value = body(f.fromReal(f.real.add(low, f.real.multiply(step, f.real.integer(k)))));
    if (value === undefined) return undefined;
    total = f.add(total, f.multiply(value, f.integer(4 * weight)));
  }
  return f.divide(f.multiply(total, f.fromReal(step)), f.integer(14_175));
}

interface SubstitutedPoint {
  readonly x: Real;
  /** dx/du */
  readonly slope: Real;
}

/** x as a function of u: between two ends, from one end to infinity, or over the whole line. */
function substitution(f: ComplexField, low: Real | '-∞', high: Real | '∞'): (node: Node) => SubstitutedPoint {
  const { real } = f;
  if (low !== '-∞' && high !== '∞') return (node) => between(f, node, low, high);
  if (low !== '-∞') return ({ up }) => ({ x: real.add(low, up), slope: up });
  if (high !== '∞') return ({ down }) => ({ x: real.subtract(high, down), slope: down });
  return ({ up, down }) => ({
    x: real.scale(real.subtract(up, down), -1),
    slope: real.scale(real.add(up, down), -1),
  });
}

/** x = middle + radius · tanh u, written so that the distance to the nearer end keeps its bits. */
function between({ real }: ComplexField, { up, down }: Node, low: Real, high: Real): SubstitutedPoint {
  const width = real.subtract(high, low);
  const right = real.compare(up, down) > 0;
  const [large, small] = right ? [up, down] : [down, up];
  const both = real.add(large, small);
  const distance = real.divide(real.multiply(width, small), both) ?? width;
  const slope = real.divide(real.multiply(real.scale(distance, 1), large), both) ?? width;
  return { x: right ? real.subtract(high, distance) : real.add(low, distance), slope };
}

/** Trapezoids of two to the power of minus these are wide enough to start with and narrow enough to end with. */
const levels = [3, 4, 5, 6];
/** Steps of work that a node of the rule stands for. */
const nodeSteps = 4;

/** A point u = π/2 · sinh t of the rule. */
interface Node {
  /** e^u */
  readonly up: Real;
  /** e^-u */
  readonly down: Real;
  /** du/dt times the width of a trapezoid. */
  readonly slope: Real;
}

/** Nodes on either side of zero, from the middle outwards, until nothing is left beyond the working precision. */
const knownNodes = new Map<string, readonly (readonly Node[])[]>();

function nodesAt(bits: number, level: number): readonly (readonly Node[])[] {
  const key = `${bits}@${level}`;
  let sides = knownNodes.get(key);
  if (sides === undefined) {
    const right = makeNodes(bits, level);
    const left = right.slice(1).map(({ up, down, slope }) => ({ up: down, down: up, slope }));
    knownNodes.set(key, (sides = [right, left]));
  }
  return sides;
}

function makeNodes(bits: number, level: number): Node[] {
  // The nodes are the same for every pair, so making them is not counted as work on the pair that comes first.
  const { real, series } = new ComplexField(bits, new Budget(Infinity));
  const quarterTurn = real.scale(series.pi(), -1);
  const nodes: Node[] = [];
  for (let k = 0; k < 8 * 2 ** level; k++) {
    const t = real.scale(real.integer(k), -level);
    const [grown, shrunk] = [series.exp(t), series.exp(real.negate(t))];
    if (!grown || !shrunk) break;
    const u = real.multiply(quarterTurn, real.scale(real.subtract(grown, shrunk), -1));
    if (real.top(u) > 6) break;
    const [up, down] = [series.exp(u), series.exp(real.negate(u))];
    if (!up || !down || real.top(up) > bits / 2) break;
    nodes.push({ up, down, slope: real.scale(real.multiply(quarterTurn, real.add(grown, shrunk)), -1 - level) });
  }
  return nodes;
}

function trapezoids(f: ComplexField, sides: readonly (readonly Node[])[], valueAt: (node: Node) => Value): Value {
  let total = f.integer(0);
  for (const side of sides) {
    for (const [k, node] of side.entries()) {
      f.spend(nodeSteps);
      const value = valueAt(node);
      if (value === undefined) return undefined;
      total = f.add(total, value);
      if (k > side.length / 4 && f.top(value) < f.top(total) - f.bits) break;
    }
  }
  return total;
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
