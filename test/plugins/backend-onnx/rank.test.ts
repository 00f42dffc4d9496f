import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.js';
import { rankedByValue } from '../../../plugins/backend-onnx/host/rank.js';

const { uniform } = createRandom(5).stream('rank');

/** Of both signs, small and large, many of them equal. */
const values = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => {
    const [kind, size] = [uniform(seed, 2 * i), uniform(seed, 2 * i + 1)];
    if (kind < 0.1) return [0, -0, -Infinity, 1e-45, -1e-45][Math.floor(5 * size)]!;
    return kind < 0.5 ? Math.round(20 * size - 10) : 30 * size - 20;
  });

describe('ranking by value', () => {
  it('sorts as comparing does, equal values by id, few or many', () => {
    for (const [seed, length] of [0, 1, 2, 255, 256, 257, 5000, 40_000].entries()) {
      const row = values(2 * length, seed);
      const ids = Int32Array.from({ length }, (_, i) => 2 * i + (i % 2));
      const expected = Array.from(ids).sort((a, b) => row[b]! - row[a]! || a - b);
      expect(Array.from(rankedByValue(row, ids)), `${length}`).toEqual(expected);
    }
  });

  it('leaves the ids it was given as they are', () => {
    const ids = Int32Array.from({ length: 300 }, (_, i) => i);
    rankedByValue(values(300, 9), ids);
    expect(ids).toEqual(Int32Array.from({ length: 300 }, (_, i) => i));
  });
});
