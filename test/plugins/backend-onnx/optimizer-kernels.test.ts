import { describe, expect, it } from 'vitest';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { createRandom } from '../../../core/random.js';
import { adamW, sumSquares } from '../../../plugins/backend-onnx/host/optimizer.js';
import { blockElements } from '../../../plugins/backend-onnx/host/wasm/optimizer.js';

interface Settings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}
interface Step {
  readonly arrays: readonly Float32Array[];
  readonly scalars: readonly number[];
  readonly settings: Settings;
}

const random = createRandom(17).stream('optimizer kernels');
const { uniform } = random;

/** The step as one plain loop: what the module must compute to the bit. */
function plainAdamW({ arrays, scalars, settings }: Step): Float32Array[] {
  const [parameter, gradient, m, v] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [learningRate, step, gradientScale] = scalars as [number, number, number];
  const { beta1, beta2, epsilon, weightDecay } = settings;
  const next = [new Float32Array(m.length), new Float32Array(m.length), new Float32Array(m.length)] as const;
  for (let i = 0; i < m.length; i++) {
    const g = gradient[i]! * gradientScale;
    const mi = m[i]! * beta1 + g * (1 - beta1);
    const vi = v[i]! * beta2 + g * g * (1 - beta2);
    const size = learningRate / (1 - beta1 ** step),
      correction = 1 / (1 - beta2 ** step);
    next[0][i] =
      parameter[i]! * (1 - learningRate * weightDecay) - (size * mi) / (Math.sqrt(vi * correction) + epsilon);
    next[1][i] = mi;
    next[2][i] = vi;
  }
  return [...next];
}

function kernelAdamW({ arrays, scalars, settings }: Step, inPlace: boolean): Float32Array[] {
  const own = arrays.map((a) => a.slice());
  const [parameter, , m, v] = own as [Float32Array, Float32Array, Float32Array, Float32Array];
  const outputs = inPlace ? [parameter, m, v] : [parameter, m, v].map((a) => new Float32Array(a.length).fill(7));
  const node = { attributes: { ...settings } } as unknown as Node;
  adamW(node, [...own, ...scalars.map((s) => Float32Array.of(s))], outputs);
  return outputs;
}

/** The bits of every element; one NaN is like another. */
const bits = (array: Float32Array): string[] =>
  Array.from(array, (x, i) => (Number.isNaN(x) ? 'NaN' : new Uint32Array(array.buffer, 4 * i, 1)[0]!.toString(16)));

/** From 1e-45 to 1e+38, either sign, and now and then what is no ordinary number. */
const odd = [0, -0, 1e-45, -1e-45, 1.1e-38, 3.4e38, -3.4e38, Infinity, -Infinity, NaN];
function anyNumber(index: number, purpose: number): number {
  const [kind, sign, size] = [0, 1, 2].map((k) => uniform(purpose, 3 * index + k)) as [number, number, number];
  if (kind < 0.05) return odd[Math.floor(size * odd.length)]!;
  return (sign < 0.5 ? -1 : 1) * 10 ** (kind < 0.5 ? -8 + 8 * size : -45 + 83 * size);
}

const numbers = (length: number, purpose: number, f = (x: number): number => x): Float32Array =>
  Float32Array.from({ length }, (_, i) => f(anyNumber(i, purpose)));

const lengths = [1, 2, 3, 7, 96, 1001, blockElements - 1, blockElements, blockElements + 1, 2 * blockElements + 3];

describe('the AdamW kernel', () => {
  it('gives the bits of a plain loop: any length, denormals, infinities and NaN, in place or not', () => {
    const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01 };
    for (const [n, length] of lengths.entries()) {
      const arrays = [0, 1, 2].map((k) => numbers(length, 10 * n + k));
      arrays.push(numbers(length, 10 * n + 3, Math.abs));
      const scalars = [1e-3, n + 1, 0.37].map(Math.fround);
      const expected = plainAdamW({ arrays, scalars, settings }).map(bits);
      for (const inPlace of [true, false])
        expect(kernelAdamW({ arrays, scalars, settings }, inPlace).map(bits), `${length}`).toEqual(expected);
    }
  });

  it('gives them at any settings', () => {
    for (let n = 0; n < 40; n++) {
      const share = (k: number): number => uniform(1000 + n, k);
      const settings = { beta1: share(0), beta2: share(1), epsilon: 10 ** (-12 * share(2)), weightDecay: share(3) };
      const arrays = [4, 5, 6].map((k) => numbers(33, 1000 + 10 * n + k));
      arrays.push(numbers(33, 1000 + 10 * n + 7, Math.abs));
      const scalars = [10 ** (-7 * share(8)), 1 + Math.floor(1e4 * share(9)), share(10)].map(Math.fround);
      const step = { arrays, scalars, settings };
      expect(kernelAdamW(step, true).map(bits)).toEqual(plainAdamW(step).map(bits));
    }
  });
});

describe('the sum of squares', () => {
  const kernel = (x: Float32Array): number => {
    const out = new Float32Array(1);
    sumSquares({} as Node, [x], [out]);
    return out[0]!;
  };

  it('adds the elements of equal index modulo 8, then the eight sums, in float64', () => {
    for (const [n, length] of [0, ...lengths].entries()) {
      const x = numbers(length, 2000 + n, (value) => (Number.isFinite(value) ? value * 1e-20 : 1));
      const sums = new Float64Array(8);
      for (const [i, value] of x.entries()) sums[i % 8]! += value * value;
      expect(kernel(x), `${length}`).toBe(Math.fround(sums.reduce((a, b) => a + b, 0)));
    }
  });

  it('is not finite where an element is not, or the sum is beyond f32', () => {
    expect(kernel(Float32Array.of(1, NaN, 2))).toBeNaN();
    expect(kernel(Float32Array.of(1, 2, -Infinity))).toBe(Infinity);
    expect(kernel(Float32Array.of(3e38))).toBe(Infinity);
    expect(kernel(Float32Array.of(3, 4))).toBe(25);
  });
});
