import { describe, expect, test } from 'vitest';
import { nearestBf16, stochasticBf16, widenBf16 } from '../../../../core/compute/tensor/bf16.js';
import { Graph } from '../../../../core/compute/tensor/graph.js';
import { add, fromBf16, toBf16 } from '../../../../core/compute/tensor/ops.js';
import { createRandom } from '../../../../core/random.js';

const key = (...counter: [number, number]) => [11, 22, ...counter];

function rounded(values: readonly number[], round: (x: Float32Array, out: Uint16Array) => void): number[] {
  const x = Float32Array.from(values),
    out = new Uint16Array(x.length),
    result = new Float32Array(x.length);
  round(x, out);
  widenBf16(out, result);
  return [...result];
}
const nearest = (values: readonly number[]) => rounded(values, nearestBf16);
const random = (values: readonly number[], c1: number, c2 = 0) =>
  rounded(values, (x, out) => stochasticBf16(x, key(c1, c2), out));

/** All numbers of bf16 as f32: every pattern of 16 bits. */
function allBf16(): Float32Array {
  const values = new Float32Array(2 ** 16);
  widenBf16(
    Uint16Array.from(values, (_, i) => i),
    values,
  );
  return values;
}

describe('numbers that bf16 can represent', () => {
  test('stay as they are under both roundings: all 65,536, zeros, infinities and NaN included', () => {
    const all = [...allBf16()];
    expect(nearest(all)).toEqual(all);
    expect(random(all, 1)).toEqual(all);
    expect(random(all, 2, 2 ** 32 - 1)).toEqual(all);
  });

  test('a NaN whose payload is cut off stays NaN', () => {
    const x = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff).buffer);
    expect(nearest([...x])).toEqual([NaN, NaN, NaN]);
    for (let c = 0; c < 50; c++) expect(random([...x], c)).toEqual([NaN, NaN, NaN]);
  });
});

describe('rounding to the nearest', () => {
  test('ties go to even, and what is too large becomes infinite', () => {
    expect(nearest([1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8), 3.4e38])).toEqual([1, 1 + 2 ** -6, -1, Infinity]);
  });

  test('is at most half a step of 2⁻⁷ away', () => {
    const { uniform } = createRandom(1).stream('values');
    const x = Array.from({ length: 5000 }, (_, i) => Math.fround((uniform(i) - 0.5) * 2 ** (20 * uniform(i, 1) - 10)));
    for (const [i, y] of nearest(x).entries())
      expect(Math.abs(y - (x[i] ?? 0))).toBeLessThanOrEqual(Math.abs(y) * 2 ** -8);
  });
});

describe('stochastic rounding', () => {
  test('takes one of the two neighbours, each in proportion: the mean is the number itself', () => {
    const draws = 40_000;
    for (const share of [0.05, 0.3, 0.5, 0.9]) {
      const x = -(1 + share * 2 ** -7);
      const counts = new Map<number, number>();
      for (let c = 0; c < draws / 100; c++)
        for (const y of random(new Array<number>(100).fill(x), c)) counts.set(y, (counts.get(y) ?? 0) + 1);
      expect([...counts.keys()].toSorted()).toEqual([-1, -(1 + 2 ** -7)]);
      // Five standard deviations of a share.
      const spread = Math.sqrt((share * (1 - share)) / draws);
      expect(Math.abs((counts.get(-(1 + 2 ** -7)) ?? 0) / draws - share)).toBeLessThan(5 * spread);
    }
  });

  test('so a sum of steps far below the last bit arrives, which rounding to the nearest loses', () => {
    const [steps, step, copies] = [1000, 2 ** -12, 64];
    let [byChance, byNearest] = [new Array<number>(copies).fill(1), [1]];
    for (let s = 0; s < steps; s++) {
      byChance = random(
        byChance.map((y) => y + step),
        s,
      );
      byNearest = nearest(byNearest.map((y) => y + step));
    }
    const mean = byChance.reduce((a, b) => a + b) / copies;
    expect(byNearest).toEqual([1]);
    // A step goes up with probability 2⁻⁵ by 2⁻⁷: variance 1000 · 2⁻⁵ · 2⁻¹⁴ at most, over 64 copies; five deviations.
    expect(Math.abs(mean - (1 + steps * step))).toBeLessThan(5 * Math.sqrt((steps * 2 ** -19) / copies));
  });

  test('is a function of the key and the position alone, and every part of the key matters', () => {
    const x = new Array<number>(4096).fill(1 + 2 ** -8);
    expect(random(x, 1, 2)).toEqual(random(x, 1, 2));
    expect(random(x.slice(0, 100), 1, 2)).toEqual(random(x, 1, 2).slice(0, 100));
    const keys = [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]; // prettier-ignore
    const results = keys.map((k) => rounded(x, (values, out) => stochasticBf16(values, k, out)).join());
    expect(new Set(results).size).toBe(keys.length);
  });

  test('neighbours do not depend on each other: of a middle, a quarter of the pairs go up together', () => {
    const up = random(new Array<number>(40_000).fill(1 + 2 ** -8), 3).map((y) => Number(y > 1));
    for (const distance of [1, 2, 8]) {
      const pairs = up.slice(distance).filter((y, i) => y + (up[i] ?? 0) === 2).length;
      // Five standard deviations of a share of 1/4 over 40,000 pairs, with room for their overlap.
      expect(Math.abs(pairs / up.length - 0.25)).toBeLessThan(0.015);
    }
  });
});

describe('in a graph', () => {
  test('bf16 can be an input and an output, and nothing computes with it', () => {
    const g = new Graph('g');
    const x = g.input('x', [2], 'bf16');
    expect(fromBf16(x)).toMatchObject({ dtype: 'f32', shape: [2] });
    expect(() => add(x, x)).toThrow(expect.objectContaining({ code: 'ORZ_GRAPH_DTYPE' }));
    expect(() => fromBf16(g.input('y', [2]))).toThrow(expect.objectContaining({ code: 'ORZ_GRAPH_DTYPE' }));
    expect(() => toBf16(fromBf16(x), g.input('key', [3], 'i32'))).toThrow(
      expect.objectContaining({ code: 'ORZ_GRAPH_SHAPE' }),
    );
  });
});
