import { describe, expect, it } from 'vitest';
import { requireFrequencies } from '../../core/conformance/engine/distribution.js';
import { createRandom } from '../../core/random.js';

/** The uniform that two 32-bit words make: 53 bits of the 64, as in most libraries. */
const fromWords = (a: number, b: number): number => ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;

describe('the generator', () => {
  it('is Philox 4x32-10: known answers of its authors', () => {
    // Random123 (DEShawResearch/random123), tests/kat_vectors, lines "philox4x32 10". A stream's name hashes to the
    // second word of the key; these do so to 0, ffffffff and 299f31d0.
    expect(createRandom(0).stream('a\u3b2d\u5793').uniform(0, 0, 0, 0)).toBe(fromWords(0x6627e8d5, 0xe169c58d));
    expect(
      createRandom(0xffffffff).stream('a\u79e7\u94f4').uniform(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff),
    ).toBe(fromWords(0x408f276d, 0x41c83b0e));
    expect(
      createRandom(0xa4093822).stream('a\u64c4\uccc8').uniform(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344),
    ).toBe(fromWords(0xd16cfe09, 0x94fdcceb));
  });

  it('is a function of seed, name and key: nothing drawn before matters', () => {
    const a = createRandom(7).stream('x'),
      b = createRandom(7).stream('x');
    const forward = Array.from({ length: 50 }, (_, i) => a.uniform(i, 3));
    for (let i = 49; i >= 0; i--) expect(b.uniform(i, 3)).toBe(forward[i]);
  });

  it('gives other numbers for another seed, name, or any other part of the key', () => {
    const numbers = [
      createRandom(1).stream('x').uniform(0),
      createRandom(2).stream('x').uniform(0),
      createRandom(1).stream('y').uniform(0),
      createRandom(1).stream('xy').uniform(0),
      createRandom(1).stream('').uniform(0),
      ...[[1], [0, 1], [0, 0, 1], [0, 0, 0, 1], [2 ** 31], [2 ** 32 - 1]].map((key) =>
        createRandom(1)
          .stream('x')
          .uniform(...key),
      ),
    ];
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('takes a missing part of a key as zero, and at most four', () => {
    const { uniform } = createRandom(1).stream('x');
    expect(uniform(5)).toBe(uniform(5, 0, 0, 0));
    expect(() => uniform(1, 2, 3, 4, 5)).toThrow(RangeError);
  });
});

describe('uniform numbers', () => {
  const { uniform } = createRandom(3).stream('uniform');
  const numbers = Array.from({ length: 20_000 }, (_, i) => uniform(i));

  it('lie in [0, 1), spread evenly, and neighbours do not depend on each other', () => {
    expect(numbers.every((u) => u >= 0 && u < 1)).toBe(true);
    const cells = 20,
      even = new Array<number>(cells * cells).fill(1 / cells ** 2);
    const counts = new Array<number>(cells * cells).fill(0);
    for (let i = 0; i + 1 < numbers.length; i += 2)
      counts[Math.floor(numbers[i]! * cells) * cells + Math.floor(numbers[i + 1]! * cells)]!++;
    requireFrequencies('pairs', counts, even);
  });

  it('use more than 32 bits', () => {
    expect(numbers.some((u) => !Number.isInteger(u * 2 ** 32))).toBe(true);
  });
});

describe('normal numbers', () => {
  it('have the moments and the independence of a standard normal pair', () => {
    const { normalPair } = createRandom(3).stream('normal');
    const pairs = Array.from({ length: 20_000 }, (_, i) => normalPair(i));
    const mean = (of: (pair: [number, number]) => number): number =>
      pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
    // Five standard errors of each mean.
    for (const i of [0, 1] as const) {
      expect(Math.abs(mean((p) => p[i]))).toBeLessThan(5 / Math.sqrt(20_000));
      expect(Math.abs(mean((p) => p[i] ** 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
      expect(Math.abs(mean((p) => p[i] ** 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / 20_000));
    }
    expect(Math.abs(mean(([a, b]) => a * b))).toBeLessThan(5 / Math.sqrt(20_000));
    expect(pairs.flat().every(Number.isFinite)).toBe(true);
  });
});

describe('integers', () => {
  it('are drawn evenly from 0 to n − 1', () => {
    const { integer } = createRandom(3).stream('integer');
    for (const n of [1, 2, 7, 100]) {
      const counts = new Array<number>(n).fill(0);
      for (let i = 0; i < 4000; i++) counts[integer(n, n, i)]!++;
      requireFrequencies(`n = ${n}`, counts, new Array<number>(n).fill(1 / n));
    }
  });
});

describe('permutations', () => {
  const { permutation } = createRandom(3).stream('permutation');

  it('hold every number once, also of none and one', () => {
    for (const n of [0, 1, 2, 17, 1000])
      expect([...permutation(n, 5)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it('are all equally likely', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 4800; i++) {
      const order = permutation(4, i).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    requireFrequencies('orders of four', [...counts.values()], new Array<number>(24).fill(1 / 24));
  });

  it('depend on the key alone', () => {
    expect(permutation(50, 1, 2)).toEqual(permutation(50, 1, 2));
    expect(permutation(50, 1, 2)).not.toEqual(permutation(50, 2, 1));
  });
});
