import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../core/contracts/data.js';
import type { ListPart, ProblemList } from '../../../core/contracts/problems.js';
import { createMixture } from '../../../core/data/mixture.js';
import { createRandom } from '../../../core/random.js';
import { ProblemLoader } from '../../../core/train/loop/problem-loader.js';

const random = createRandom(17);

/** Weights of every size, from a stream of random numbers. */
const mixtures = Array.from({ length: 60 }, (_, k) => {
  const stream = random.stream(`mixture ${k}`);
  return Array.from({ length: 1 + stream.integer(6, 0) }, (__, i) => ({
    weight: 10 ** (4 * stream.uniform(1, i) - 2),
    phase: stream.uniform(2, i),
  }));
});

describe('createMixture', () => {
  it('gives every source its share of every prefix of the order, to within one draw per source', () => {
    for (const sources of mixtures) {
      const turnAt = createMixture(sources);
      const total = sources.reduce((sum, { weight }) => sum + weight, 0);
      const counts = sources.map(() => 0);
      let worst = 0;
      for (let position = 0; position < 3000; position++) {
        counts[turnAt(position).source]!++;
        counts.forEach((count, k) => {
          worst = Math.max(worst, Math.abs(count - ((position + 1) * sources[k]!.weight) / total));
        });
      }
      expect(worst).toBeLessThan(sources.length + 0.01);
    }
  });

  it('counts the earlier draws of each source, so that none is left out or repeated', () => {
    for (const sources of mixtures) {
      const turnAt = createMixture(sources);
      const counts = sources.map(() => 0);
      const wrong = Array.from({ length: 2000 }, (_, position) => turnAt(position)).filter(
        ({ source, draw }) => draw !== counts[source]!++,
      );
      expect(wrong).toEqual([]);
    }
  });

  it('is right far beyond what numbers of 53 bits can multiply', () => {
    const turnAt = createMixture([
      { weight: 1 - 1e-9, phase: 0.3 },
      { weight: 1e-9, phase: 0.1 },
      { weight: 3, phase: 0.9 },
    ]);
    const from = 2 ** 45;
    const next: (number | undefined)[] = [];
    const wrong: number[] = [];
    for (let position = from; position < from + 5000; position++) {
      const { source, draw } = turnAt(position);
      if (next[source] !== undefined && draw !== next[source]) wrong.push(position);
      next[source] = draw + 1;
    }
    expect(wrong).toEqual([]);
  });
});

/** A list joined from parts; ids say part and index. */
function joined(parts: readonly Pick<ListPart, 'name' | 'length' | 'weight'>[]): ProblemList {
  const problems = parts.flatMap(({ name, length }) =>
    Array.from({ length }, (_, i): Problem => ({ id: `${name}#${i}`, prompt: '', answer: '' })),
  );
  return { length: problems.length, at: (index) => problems[index]!, parts };
}

const loaderOf = (parts: Parameters<typeof joined>[0], seed = 5) =>
  new ProblemLoader(joined(parts), createRandom(seed).stream('problem order'));
const ids = (loader: ProblemLoader, from: number, count: number): string[] =>
  loader.take(from, count).map(({ id }) => id);
const parts = [
  { name: 'a', length: 40, weight: 3 },
  { name: 'b', length: 7, weight: 1 },
  { name: 'c', length: 500, weight: 0.5 },
];

describe('ProblemLoader with weighted sources', () => {
  it('continues from any position as if it had begun at the start', () => {
    const whole = ids(loaderOf(parts), 0, 900);
    const positions = createRandom(1).stream('positions');
    for (let k = 0; k < 40; k++) {
      const from = positions.integer(800, k);
      expect(ids(loaderOf(parts), from, 100)).toEqual(whole.slice(from, from + 100));
    }
  });

  it('repeats no problem of a source within an epoch of it, and has a new order each epoch', () => {
    const drawn = ids(loaderOf(parts), 0, 3000);
    for (const { name, length } of parts) {
      const own = drawn.filter((id) => id.startsWith(name));
      const epochs = Array.from({ length: Math.floor(own.length / length) }, (_, epoch) =>
        own.slice(epoch * length, (epoch + 1) * length),
      );
      for (const epoch of epochs) expect(new Set(epoch).size).toBe(length);
      expect(new Set(epochs.map(String)).size).toBe(epochs.length);
    }
  });

  it('draws a source in the same order whatever other sources there are and whatever its weight', () => {
    const own = (loader: ProblemLoader) =>
      ids(loader, 0, 4000)
        .filter((id) => id.startsWith('a'))
        .slice(0, 120);
    const expected = own(loaderOf(parts));
    expect(
      own(
        loaderOf([
          { name: 'x', length: 9, weight: 8 },
          { name: 'a', length: 40, weight: 1 },
        ]),
      ),
    ).toEqual(expected);
    expect(own(loaderOf(parts, 6))).not.toEqual(expected);
  });

  it('shuffles all sources as one without weights', () => {
    const unweighted = parts.map(({ name, length }) => ({ name, length }));
    expect(new Set(ids(loaderOf(unweighted), 0, 547)).size).toBe(547);
    expect(ids(loaderOf(unweighted), 0, 547)).toEqual(
      ids(
        loaderOf([
          { name: 'a', length: 40 },
          { name: 'b', length: 7 },
          { name: 'c', length: 500 },
        ]),
        0,
        547,
      ),
    );
  });
});
