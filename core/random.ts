import { elementAt } from './arrays.js';

/**
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * A number is a pure function of (seed, stream name, key), so it does not depend on what else was drawn, in which
 * order, or in which batch; resuming needs no generator state.
 */
export interface Random {
  readonly seed: number;
  /** An independent family of numbers named by purpose, for example `sampler` or `shuffle`. */
  stream(name: string): RandomStream;
}

export interface RandomStream {
  /** The key of Philox, for kernels that draw on a device: see {@link philox}. */
  readonly key: readonly [number, number];
  /** Uniform in [0, 1) with 53 bits for this key (up to four integers, each below 2^32). */
  uniform(...key: number[]): number;
  /** Two independent standard normals for this key (Box-Muller). */
  normalPair(...key: number[]): [number, number];
  /** Integer in [0, n). */
  integer(n: number, ...key: number[]): number;
  /** Permutation of 0 … n−1 for this key (Fisher-Yates); at most three key integers. */
  permutation(n: number, ...key: number[]): Int32Array;
}

export function createRandom(seed: number): Random {
  return { seed, stream: (name) => createStream(seed >>> 0, hashName(name)) };
}

function createStream(key0: number, key1: number): RandomStream {
  const uniform = (...key: number[]): number => {
    const [a, b] = draw(key, key0, key1);
    return ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992;
  };
  const integer = (n: number, ...key: number[]): number => Math.floor(uniform(...key) * n);
  return {
    key: [key0, key1],
    uniform,
    integer,
    normalPair: (...key) => {
      const [a, b, c, d] = draw(key, key0, key1);
      const radius = Math.sqrt(-2 * Math.log(((a >>> 5) * 67108864 + (b >>> 6) + 1) / 9007199254740993));
      const angle = 2 * Math.PI * (((c >>> 5) * 67108864 + (d >>> 6)) / 9007199254740992);
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    },
    permutation: (n, ...key) => {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1, i, ...key);
        const swap = elementAt(order, i);
        order[i] = elementAt(order, j);
        order[j] = swap;
      }
      return order;
    },
  };
}

/**
 * An integer below 2^32 for a name, to key random numbers by it (FNV-1a over UTF-16 units: names need to differ, not to
 * be secret).
 */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

type FourWords = readonly [number, number, number, number];

function draw(key: readonly number[], k0: number, k1: number): FourWords {
  if (key.length > 4) throw new RangeError('a random key has at most four integers');
  return philox([(key[0] ?? 0) >>> 0, (key[1] ?? 0) >>> 0, (key[2] ?? 0) >>> 0, (key[3] ?? 0) >>> 0], k0, k1);
}

/** Four random words for a counter of four, under the key (k0, k1); all are integers below 2^32. */
export function philox(counter: FourWords, k0: number, k1: number): FourWords {
  let [c0, c1, c2, c3] = counter;
  for (let round = 0; round < 10; round++) {
    const hi0 = multiplyHigh(0xd2511f53, c0),
      lo0 = Math.imul(0xd2511f53, c0) >>> 0;
    const hi1 = multiplyHigh(0xcd9e8d57, c2),
      lo1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(hi1 ^ c1 ^ k0) >>> 0, lo1, (hi0 ^ c3 ^ k1) >>> 0, lo0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Upper 32 bits of a 32 × 32 bit product, from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff,
    aHigh = a >>> 16,
    bLow = b & 0xffff,
    bHigh = b >>> 16;
  const cross = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle = aLow * bHigh + (cross % 65536);
  return (aHigh * bHigh + Math.floor(cross / 65536) + Math.floor(middle / 65536)) >>> 0;
}
