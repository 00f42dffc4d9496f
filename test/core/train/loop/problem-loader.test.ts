import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../core/contracts/data.js';
import { createRandom } from '../../../../core/random.js';
import { ProblemLoader } from '../../../../core/train/loop/problem-loader.js';

const problem = (n: number): Problem => ({ id: `p${n}`, prompt: `${n % 10}+1`, answer: String(n + 1) });
const list = (length: number) => ({ length, at: problem });

describe('the problem loader', () => {
  const stream = () => createRandom(4).stream('order');

  it('gives every problem once per epoch, in another order each epoch', () => {
    const loader = new ProblemLoader(list(17), stream());
    const epochs = [0, 1, 2].map((epoch) => loader.take(17 * epoch, 17).map((p) => p.id));
    for (const epoch of epochs) expect(new Set(epoch).size).toBe(17);
    expect(new Set(epochs.map(String)).size).toBe(3);
  });

  it('goes on from any position as if it had begun at the start, across the end of an epoch', () => {
    const whole = new ProblemLoader(list(10), stream()).take(0, 35);
    for (const [from, count] of [
      [0, 3],
      [7, 6],
      [19, 16],
      [34, 1],
    ] as const)
      expect(new ProblemLoader(list(10), stream()).take(from, count)).toEqual(whole.slice(from, from + count));
  });

  it('depends on the seed', () => {
    const order = (seed: number): string[] =>
      new ProblemLoader(list(30), createRandom(seed).stream('order')).take(0, 30).map((p) => p.id);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });

  it('takes lists made on demand in their order, and starts again at their end', () => {
    const long = new ProblemLoader(list(2 ** 30), stream());
    expect(long.take(5, 3).map((p) => p.id)).toEqual(['p5', 'p6', 'p7']);
    expect(long.take(2 ** 30 - 1, 2).map((p) => p.id)).toEqual([`p${2 ** 30 - 1}`, 'p0']);
  });

  it('refuses an empty list', () => {
    expect(() => new ProblemLoader(list(0), stream())).toThrow(expect.objectContaining({ code: 'ORZ_DATA_EMPTY' }));
  });
});
