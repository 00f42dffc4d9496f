import type { Value } from '../../lower/value.js';
import { repeat } from '../repeat.js';
import type { KernelSource } from '../source.js';

/**
 * Units up to this number are written out: compilers of software adapters take ever longer for longer shaders (heads of
 * 128 in full: half a minute).
 */
const maximumWrittenOut = 8;

/**
 * How a kernel goes through the numbers of a head: in `count` units of `type`, four numbers or one. Indices count
 * units.
 */
export interface Head {
  readonly type: 'vec4f' | 'f32';
  readonly count: number;
  /**
   * Statements for every unit, whose number is `d`: written out where there are few, since an array with a fixed index
   * is as good as variables.
   */
  each(body: (d: string) => string): string;
  load(value: Value, index: string): string;
  /** A unit whose numbers do not lie side by side: `number` gives each. */
  gather(index: string, number: (index: string) => string): string;
  /** A statement that stores a unit. */
  store(value: Value, index: string, unit: string): string;
  /** The sum over a unit of products. */
  dot(a: string, b: string): string;
}

/**
 * Four at a time where the width of a head and all `inputs` allow it: a quarter of the loads. Outputs are stored one by
 * one, as others may read them so.
 */
export function headOf(source: KernelSource, width: number, inputs: readonly Value[]): Head {
  const each =
    (n: number) =>
    (body: (d: string) => string): string =>
      n <= maximumWrittenOut ? repeat(n, (d) => body(`${d}u`)) : `for (var d = 0u; d < ${n}u; d++) { ${body('d')} }`;
  if (width % 4 > 0 || !inputs.every((value) => source.hasVectors(value))) {
    return {
      type: 'f32',
      count: width,
      each: each(width),
      load: (value, index) => source.load(value, index),
      gather: (index, number) => number(index),
      store: (value, index, unit) => source.store(value, index, unit),
      dot: (a, b) => `${a} * ${b}`,
    };
  }
  return {
    type: 'vec4f',
    count: width / 4,
    each: each(width / 4),
    load: (value, index) => source.loadVector(value, index),
    dot: (a, b) => `dot(${a}, ${b})`,
    gather: (index, number) => `vec4f(${repeat(4, (e) => number(`4u * ${index} + ${e}u`), ', ')})`,
    store: (value, index, unit) => `{
  let unit = ${unit};
  for (var e = 0u; e < 4u; e++) { ${source.store(value, `4u * (${index}) + e`, 'unit[e]')} }
}`,
  };
}

/**
 * One step of online softmax: takes in a `score` and its value, given by unit, with the running maximum `top`, the sum
 * of weights `total`, and the weighted sum of values `mixed`.
 */
export const softmaxStep = (head: Head, value: (d: string) => string): string => `if (score > top) {
  let shrink = exp_f32(top - score);
  total *= shrink;
  ${head.each((d) => `mixed[${d}] *= shrink;`)}
  top = score;
}
let weight = exp_f32(score - top);
total += weight;
${head.each((d) => `mixed[${d}] += weight * ${value(d)};`)}`;
