import { describe, expect, it } from 'vitest';
import { evaluateLoss } from '../../../core/compute/engine/host-loss.js';
import type { EntropyTerm } from '../../../core/contracts/entropy.js';
import { createRandom } from '../../../core/random.js';
import { createAdaptiveEntropy, createEntropyBonus } from '../../../plugins/entropy/plugin.js';

const weights = [0.5, 0, 0.25];
const entropy = [2, 7, 1];

/** Value and slopes of a term whose control is `coefficient`. */
const evaluated = ({ name, settings, controls, loss }: EntropyTerm, coefficient = 0) =>
  evaluateLoss(
    { name, settings, ...(controls && { controls }), build: (g, t) => loss!(g, t) },
    {
      tokens: 3,
      scores: { entropy },
      input: (input) => (input === 'weights' ? weights : [coefficient, coefficient, coefficient]),
      sequence: [0, 0, 0],
    },
  );

describe('the bonus', () => {
  it('is less loss for more entropy, as the weights have it', () => {
    const { loss, slopes } = evaluated(createEntropyBonus({ coefficient: 0.125 }));
    expect(loss).toBeCloseTo(-0.125 * (0.5 * 2 + 0.25), 12);
    expect([...slopes.entropy!]).toEqual([-0.0625, -0, -0.03125]);
  });
});

describe('the adaptive bonus', () => {
  it('is that bonus with the coefficient of the iteration', () => {
    const { loss, slopes } = evaluated(createAdaptiveEntropy(), 0.125);
    expect(loss).toBeCloseTo(evaluated(createEntropyBonus({ coefficient: 0.125 })).loss, 12);
    for (const [t, weight] of weights.entries()) expect(slopes.entropy![t]).toBeCloseTo(-0.125 * weight, 12);
  });

  const coefficients = (
    settings: Parameters<typeof createAdaptiveEntropy>[0],
    entropies: readonly number[],
  ): number[] => {
    const { start, next } = createAdaptiveEntropy(settings).controls!;
    const all = [start];
    for (const mean of entropies) all.push(next(all.at(-1)!, { entropy: mean }));
    return all.map(({ entropyCoefficient }) => entropyCoefficient!);
  };

  it('rises by a step below the target and falls by one at it and above', () => {
    const settings = { target: 0.5, start: 0.25, step: 0.125, max: 1 };
    expect(coefficients(settings, [0.4, 0.49, 0.5, 0.51, 3])).toEqual([0.25, 0.375, 0.5, 0.375, 0.25, 0.125]);
  });

  it('begins at its start, within the bounds', () => {
    expect(coefficients({ start: 0.07 }, [])).toEqual([0.07]);
    expect(coefficients({ start: 3, max: 0.5 }, [])).toEqual([0.5]);
  });

  it('never leaves 0 … max, reaches both, and moves by one step at most', () => {
    const { uniform } = createRandom(16).stream('entropies');
    const [step, max] = [0.03, 0.1];
    const drifting = Array.from({ length: 400 }, (_, i) => (uniform(i) + (i % 40 < 20 ? 0 : 1)) / 2);
    const all = coefficients({ target: 0.5, step, max }, drifting);
    expect([Math.min(...all), Math.max(...all)]).toEqual([0, max]);
    for (const [i, x] of all.slice(1).entries()) {
      expect(Math.abs(x - all[i]!)).toBeLessThanOrEqual(step + 1e-12);
      const up = drifting[i]! < 0.5;
      expect(up ? x >= all[i]! : x <= all[i]!).toBe(true);
    }
  });

  it('forgets nothing but the coefficient: the next one depends on it and the entropy alone', () => {
    const { next } = createAdaptiveEntropy({ target: 0.2, step: 0.01 }).controls!;
    const other = createAdaptiveEntropy({ target: 0.2, step: 0.01, start: 0.09 }).controls!;
    for (const current of [0, 0.02, 0.1]) {
      const after = next({ entropyCoefficient: current }, { entropy: 0.1 });
      expect(other.next({ entropyCoefficient: current }, { entropy: 0.1, klLoss: 4 })).toEqual(after);
    }
  });
});
