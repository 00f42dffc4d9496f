import { f64x2, i32, repeat, type Code } from './instructions.js';
import { defineFunction, encodeModule } from './module.js';

/** Numbers that pass through the module's memory at a time. */
export const blockElements = 4096;

/** Where the f32 numbers and their f64 exponentials lie; both are in a page of 64 KiB. */
export const offsets = { values: 0, results: 4 * blockElements } as const;

const { add, sub, mul, div, splat, constant, select, less, truncate, powerOfTwo, loadPair, store } = f64x2;

/** A double from the two halves of its bits. */
const fromWords = (high: number, low: number): number => new Float64Array(Uint32Array.of(low, high).buffer)[0] ?? NaN;

/** ln 2 as a sum, of which the first part has zeros at its end. */
const ln2 = { high: fromWords(0x3fe62e42, 0xfee00000), low: fromWords(0x3dea39ef, 0x35793c76) };
/** Of the polynomial, the highest power first. */
const coefficients = [
  4.13813679705723846039e-8, -1.6533902205465251539e-6, 6.61375632143793436117e-5, -2.77777777770155933842e-3,
  1.66666666666666019037e-1,
];
/** Below it there is nothing but 0. */
const underflow = -7.4513321910194110842e2;
/** Powers of two below this make no normal number. */
const lowestPower = -1021;

/**
 * e^x for x ≤ 0: x = k · ln 2 + r with |r| ≤ ½ ln 2, a polynomial for e^r, and k in the exponent. Each operation is
 * that of `exp` in FDLIBM (Sun Microsystems 1993), which V8's `Math.exp` computes too; branches became selections.
 */
const exponentials = defineFunction(
  'exponentials',
  { bytes: 'i32', top: 'f64', scale: 'f64' },
  {
    ...{ at: 'i32', x: 'v128', k: 'v128', high: 'v128', low: 'v128', r: 'v128', square: 'v128' },
    ...{ c: 'v128', y: 'v128', tiny: 'v128' },
  },
  ({ bytes, top, scale, at, x, k, high, low, r, square, c, y, tiny }) => {
    const one = constant(1),
      above = (limit: number): Code => less(constant(limit), x.get);
    const polynomial = coefficients.reduce<Code>(
      (sum, next) => (sum.length === 0 ? constant(next) : add(constant(next), mul(square.get, sum))),
      [],
    );
    return [
      repeat(at, { step: 8, end: bytes }, [
        ...x.set(mul(sub(loadPair(at.get, offsets.values), splat(top.get)), splat(scale.get))),
        ...k.set(truncate(sub(mul(constant(Math.LOG2E), x.get), constant(0.5)))),
        ...k.set(select(above(-fromWords(0x3ff0a2b2, 0)), constant(-1), k.get)),
        ...k.set(select(above(-fromWords(0x3fd62e43, 0)), constant(0), k.get)),
        ...high.set(sub(x.get, mul(k.get, constant(ln2.high)))),
        ...low.set(mul(k.get, constant(ln2.low))),
        ...r.set(sub(high.get, low.get)),
        ...square.set(mul(r.get, r.get)),
        ...c.set(sub(r.get, mul(square.get, polynomial))),
        ...y.set(sub(one, sub(sub(low.get, div(mul(r.get, c.get), sub(constant(2), c.get))), high.get))),
        ...tiny.set(less(k.get, constant(lowestPower))),
        ...y.set(mul(y.get, powerOfTwo(add(k.get, select(tiny.get, constant(1000), constant(0)))))),
        ...y.set(mul(y.get, select(tiny.get, constant(2 ** -1000), one))),
        ...y.set(select(above(-(2 ** -28)), add(one, x.get), y.get)),
        ...y.set(select(less(x.get, constant(underflow)), constant(0), y.get)),
        ...store(i32.add(at.get, at.get), offsets.results, y.get),
      ]),
    ];
  },
);

export const exponentialsModule = (): Uint8Array<ArrayBuffer> => encodeModule([exponentials], 1);
