import { f64x2, i32, repeat, type Code, type Local, type ValueType } from './instructions.js';
import { defineFunction, encodeModule } from './module.js';

/** Elements that are copied into the module's memory at a time: its four arrays of them fit into a level-2 cache. */
export const blockElements = 8192;
const blockBytes = 4 * blockElements;

/** Where the arrays lie in memory; the partial sums of squares take the place of one that is not needed for them. */
export const offsets = { sums: 0, parameter: 0, gradient: blockBytes, m: 2 * blockBytes, v: 3 * blockBytes } as const;
const pageBytes = 2 ** 16;

const { add, sub, mul, div, sqrt, splat, load, store, loadPair, storePair } = f64x2;

/** Scalars of a step, in the order in which the function takes them after the number of bytes. */
export const adamWScalars = [
  'gradientScale',
  'beta1',
  'beta2',
  'shareOfGradient',
  'shareOfSquare',
  'decay',
  'stepSize',
  'correction2',
  'epsilon',
] as const;
type Scalar = (typeof adamWScalars)[number];

/** A variable of this type for each scalar, named after it. */
const scalarsOf = <T extends ValueType, Suffix extends string>(type: T, suffix: Suffix) =>
  Object.fromEntries(adamWScalars.map((name) => [name + suffix, type])) as Record<`${Scalar}${Suffix}`, T>;

/** The step of `adamW` on the first `bytes` of each array, in place: the same operations in the same order. */
const adamW = defineFunction(
  'adamW',
  { bytes: 'i32', ...scalarsOf('f64', '') },
  { at: 'i32', g: 'v128', nextM: 'v128', nextV: 'v128', ...scalarsOf('v128', 'Pair') },
  ({ bytes, at, g, nextM, nextV, ...variables }) => {
    const pair = (name: Scalar): Local => variables[`${name}Pair`];
    const times = (x: Code, name: Scalar): Code => mul(x, pair(name).get);
    const parameter = loadPair(at.get, offsets.parameter),
      gradient = loadPair(at.get, offsets.gradient),
      m = loadPair(at.get, offsets.m),
      v = loadPair(at.get, offsets.v);
    const denominator = add(sqrt(times(nextV.get, 'correction2')), pair('epsilon').get);
    return [
      ...adamWScalars.map((name) => pair(name).set(splat(variables[name].get))),
      repeat(at, { step: 8, end: bytes }, [
        ...g.set(times(gradient, 'gradientScale')),
        ...nextM.set(add(times(m, 'beta1'), times(g.get, 'shareOfGradient'))),
        ...nextV.set(add(times(v, 'beta2'), times(mul(g.get, g.get), 'shareOfSquare'))),
        ...storePair(
          at.get,
          offsets.parameter,
          sub(times(parameter, 'decay'), div(times(nextM.get, 'stepSize'), denominator)),
        ),
        ...storePair(at.get, offsets.m, nextM.get),
        ...storePair(at.get, offsets.v, nextV.get),
      ]),
    ];
  },
);

/** Partial sums of `sumSquares`: enough of them that no addition waits for the one before. */
export const partialSums = 8;
const pairs = ['sum0', 'sum1', 'sum2', 'sum3'] as const;
const pairBytes = 16;

/**
 * Adds the squares of the gradient's first `bytes` to the partial sums, element i to sum i mod 8. Their number must be
 * filled up with zeros to a multiple of eight.
 */
const sumSquares = defineFunction(
  'sumSquares',
  { bytes: 'i32' },
  { at: 'i32', x: 'v128', sum0: 'v128', sum1: 'v128', sum2: 'v128', sum3: 'v128' },
  ({ bytes, at, x, ...sums }) => {
    const each = pairs.map((name) => sums[name]);
    const start = i32.constant(0);
    return [
      ...each.map((sum, i) => sum.set(load(start, offsets.sums + pairBytes * i))),
      repeat(
        at,
        { step: 4 * partialSums, end: bytes },
        each.flatMap((sum, i) => [
          ...x.set(loadPair(at.get, offsets.gradient + 8 * i)),
          ...sum.set(add(sum.get, mul(x.get, x.get))),
        ]),
      ),
      ...each.map((sum, i) => store(start, offsets.sums + pairBytes * i, sum.get)),
    ];
  },
);

/** The module's bytes: always the same, and made in well under a millisecond. */
export const optimizerModule = (): Uint8Array<ArrayBuffer> =>
  encodeModule([adamW, sumSquares], (4 * blockBytes) / pageBytes);
