import { describe, expect, it } from 'vitest';
import * as ops from '../../../../core/compute/tensor/ops.js';
import { sizeOf, stridesOf, type Shape } from '../../../../core/compute/tensor/types.js';
import { decodeInputs, differenceTolerance, evaluate, extent, gradientError, random, type Operand } from './numeric.js';

const randomShape = (rank: number): number[] => Array.from({ length: rank }, () => extent(1, 4));
/** Coordinates of the element at a row-major position. */
const coordinates = (position: number, shape: Shape): number[] =>
  stridesOf(shape).map((stride, axis) => Math.floor(position / stride) % shape[axis]!);
const elementAt = (x: Operand, at: readonly number[]): number =>
  x.values[at.reduce((sum, c, axis) => sum + c * stridesOf(x.shape)[axis]!, 0)]!;
/** The element of `x` that meets coordinates of a broadcast result. */
const broadcastAt = (x: Operand, at: readonly number[]): number =>
  elementAt(
    x,
    at.slice(at.length - x.shape.length).map((c, axis) => (x.shape[axis] === 1 ? 0 : c)),
  );
const every = (shape: Shape, f: (at: number[]) => number): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => f(coordinates(i, shape)));

function randomOrder(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return Array.from({ length: rank }, () => axes.splice(extent(0, axes.length - 1), 1)[0]!);
}

describe('for random shapes', () => {
  it('broadcasting pairs each element with the right one, forwards and backwards', () => {
    for (let i = 0; i < 25; i++) {
      const out = randomShape(extent(0, 4));
      const part = (): Operand => random(out.slice(extent(0, out.length)).map((n) => (extent(0, 1) ? n : 1)));
      const [a, b] = [part(), random(out)];
      const [y] = evaluate((x, z) => ops.mul(x, z), a, b);
      expect([...y!], `[${a.shape.join()}] × [${out.join()}]`).toEqual(
        every(out, (at) => broadcastAt(a, at) * broadcastAt(b, at)),
      );
      expect(gradientError((x, z) => ops.mul(x, z), a, b)).toBeLessThan(differenceTolerance);
    }
  });

  it('a transposition moves each element to its permuted index, and its gradient back', () => {
    for (let i = 0; i < 25; i++) {
      const x = random(randomShape(extent(1, 4))),
        order = randomOrder(x.shape.length);
      const shape = order.map((axis) => x.shape[axis]!);
      const [y] = evaluate((t) => ops.transpose(t, order), x);
      expect([...y!]).toEqual(
        every(shape, (at) =>
          elementAt(
            x,
            order.map((_, axis) => at[order.indexOf(axis)]!),
          ),
        ),
      );
      expect(gradientError((t) => ops.transpose(t, order), x)).toBeLessThan(differenceTolerance);
    }
  });

  it('sums over any axes keep the total, and equal summing in turn', () => {
    for (let i = 0; i < 25; i++) {
      const x = random(randomShape(extent(1, 4)));
      const axes = x.shape.flatMap((_, axis) => (extent(0, 1) ? [axis] : []));
      const [part, total, inTurn, whole] = evaluate((t) => {
        const partial = ops.sum(t, axes);
        return [
          partial,
          ops.sum(partial),
          [...axes].reverse().reduce((rest, axis) => ops.sum(rest, [axis]), t),
          ops.sum(t),
        ];
      }, x);
      expect(total![0]).toBeCloseTo(whole![0]!, 12);
      part!.forEach((v, k) => expect(inTurn![k]).toBeCloseTo(v, 12));
    }
  });

  it('slices put together again are the whole', () => {
    for (let i = 0; i < 25; i++) {
      const x = random(randomShape(extent(1, 4))),
        axis = extent(0, x.shape.length - 1),
        cut = extent(0, x.shape[axis]!);
      const [y] = evaluate((t) => {
        const parts = [
          [0, cut],
          [cut, x.shape[axis]!],
        ]
          .filter(([from, to]) => from! < to!)
          .map(([from, to]) => ops.slice(t, axis, from!, to!));
        return ops.concat(parts, axis);
      }, x);
      expect([...y!]).toEqual([...x.values]);
    }
  });

  it('a matrix product is the sum over the inner axis, whichever side is stored transposed', () => {
    for (let i = 0; i < 25; i++) {
      const [m, k, n] = [extent(1, 5), extent(1, 5), extent(1, 5)],
        batch = randomShape(extent(0, 2)),
        transA = extent(0, 1) === 1,
        transB = extent(0, 1) === 1;
      const a = random([...batch, ...(transA ? [k, m] : [m, k])]),
        b = random([...batch, ...(transB ? [n, k] : [k, n])]);
      const [y] = evaluate((x, z) => ops.matmul(x, z, { transA, transB }), a, b);
      every([...batch, m, n], (at) => {
        const [row, column] = at.slice(-2) as [number, number],
          outer = at.slice(0, -2);
        return Array.from(
          { length: k },
          (_, p) =>
            elementAt(a, [...outer, ...(transA ? [p, row] : [row, p])]) *
            elementAt(b, [...outer, ...(transB ? [column, p] : [p, column])]),
        ).reduce((s, v) => s + v, 0);
      }).forEach((v, position) => expect(y![position]).toBeCloseTo(v, 12));
    }
  });

  it('attention over a packed row equals attention over each of its sequences alone', () => {
    for (let i = 0; i < 10; i++) {
      const lengths = Array.from({ length: extent(1, 4) }, () => extent(1, 4)),
        total = lengths.reduce((a, b) => a + b, 0);
      const [q, k, v] = [random([1, total, 8]), random([1, total, 4]), random([1, total, 4])];
      const begins = lengths.map((_, j) => lengths.slice(0, j).reduce((a, b) => a + b, 0));
      const starts: Operand = {
        shape: [1, total],
        dtype: 'i32',
        values: Float64Array.from(lengths.flatMap((n, j) => new Array<number>(n).fill(begins[j]!))),
      };
      const [packed] = evaluate((a, b, c, s) => ops.attention({ q: a, k: b, v: c, starts: s }, 4, 2), q, k, v, starts);
      lengths.forEach((n, j) => {
        const cut = (x: Operand): Operand => ({
          ...x,
          shape: [1, n, x.shape[2]!],
          values: x.values.slice(begins[j]! * x.shape[2]!, (begins[j]! + n) * x.shape[2]!),
        });
        const alone: Operand = { shape: [1, n], dtype: 'i32', values: new Float64Array(n) };
        const [y] = evaluate(
          (a, b, c, s) => ops.attention({ q: a, k: b, v: c, starts: s }, 4, 2),
          cut(q),
          cut(k),
          cut(v),
          alone,
        );
        y!.forEach((value, at) => expect(packed![begins[j]! * 8 + at]).toBeCloseTo(value, 13));
      });
    }
  });

  it('decoding token by token equals attention over the whole sequence', () => {
    const [length, heads, kvHeads, h] = [6, 4, 2, 2];
    const [q, k, v] = [
      random([1, length, heads * h]),
      random([1, length, kvHeads * h]),
      random([1, length, kvHeads * h]),
    ];
    const whole = evaluate((a, b, c, s) => ops.attention({ q: a, k: b, v: c, starts: s }, heads, kvHeads), q, k, v, {
      shape: [1, length],
      dtype: 'i32',
      values: new Float64Array(length),
    })[0]!;
    let keyCache = new Float64Array(kvHeads * h * length),
      valueCache = new Float64Array(kvHeads * h * length);
    for (let t = 0; t < length; t++) {
      const row = (x: Operand): Operand => ({
        shape: [1, x.shape[2]!],
        dtype: 'f32',
        values: x.values.slice(t * x.shape[2]!, (t + 1) * x.shape[2]!),
      });
      const position: Operand = { shape: [1], dtype: 'i32', values: Float64Array.of(t) };
      const [y, nextKeys, nextValues] = evaluate(
        (...t) => {
          const inputs = decodeInputs(t);
          return [
            ops.decodeAttention(inputs, heads, kvHeads),
            ops.cacheWrite(inputs.keyCache, inputs.k, inputs.lengths, 3),
            ops.cacheWrite(inputs.valueCache, inputs.v, inputs.lengths, 2),
          ];
        },
        row(q),
        row(k),
        row(v),
        { shape: [1, kvHeads, h, length], dtype: 'f32', values: keyCache },
        { shape: [1, kvHeads, length, h], dtype: 'f32', values: valueCache },
        position,
      );
      y!.forEach((value, i) => expect(whole[t * heads * h + i]).toBeCloseTo(value, 13));
      [keyCache, valueCache] = [nextKeys as Float64Array<ArrayBuffer>, nextValues as Float64Array<ArrayBuffer>];
    }
  });
});
