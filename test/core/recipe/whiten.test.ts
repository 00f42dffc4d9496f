import { describe, expect, it } from 'vitest';
import { moments, whiten } from '../../../core/recipe/whiten.js';
import { cut, float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';

const flat = (rows: readonly Float32Array[]): number[] => rows.flatMap((row) => [...row]);

describe('whiten', () => {
  it('equals the reference', () => {
    const { lengths, input, whitened, mean, std } = oracle.whiten;
    const ours = whiten(cut(input, lengths));
    expect(ours.mean).toBeCloseTo(mean, 12);
    expect(ours.std).toBeCloseTo(std, 12);
    expect(maxDifference(flat(ours.values), whitened)).toBeLessThan(float32Tolerance);
  });

  it('counts tokens, not responses: a case worked by hand', () => {
    // four tokens 1, 1, 1, 5: mean 2, population variance (1 + 1 + 1 + 9) / 4 = 3
    const ours = whiten([Float32Array.of(1, 1, 1), Float32Array.of(5)]);
    expect(ours.mean).toBe(2);
    expect(
      maxDifference(
        flat(ours.values),
        [-1, -1, -1, 3].map((x) => x / Math.sqrt(3)),
      ),
    ).toBeLessThan(float32Tolerance);
  });

  it('gives mean 0 and population variance 1, whatever the offset', () => {
    const rows = [Float32Array.of(1000.5, 999.25, 1001), new Float32Array(0), Float32Array.of(1002.75)];
    const { mean, variance } = moments(whiten(rows).values);
    expect(mean).toBeCloseTo(0, 6);
    expect(variance).toBeCloseTo(1, 6);
  });

  it('leaves a batch of equal advantages at zero and floors the variance at 1e-8', () => {
    expect(flat(whiten([Float32Array.of(0.5, 0.5), Float32Array.of(0.5)]).values)).toEqual([0, 0, 0]);
    const ours = whiten([Float32Array.of(1e-6, -1e-6)]);
    expect(ours.std).toBeCloseTo(1e-4, 12);
    expect(maxDifference(flat(ours.values), [0.01, -0.01])).toBeLessThan(1e-8);
  });

  it('handles one token, empty responses and no token at all', () => {
    expect(flat(whiten([Float32Array.of(3)]).values)).toEqual([0]);
    expect(whiten([new Float32Array(0), new Float32Array(0)])).toEqual({
      values: [new Float32Array(0), new Float32Array(0)],
      mean: 0,
      std: 1e-4,
    });
    expect(whiten([]).values).toEqual([]);
  });

  it('does not change its input', () => {
    const row = Float32Array.of(1, 2);
    whiten([row]);
    expect([...row]).toEqual([1, 2]);
  });

  it('names the rollout and token of a number that is not finite', () => {
    expect(() => whiten([Float32Array.of(0), Float32Array.of(1, Number.NaN)])).toThrow(
      expect.objectContaining({
        code: 'ORZ_NOT_FINITE',
        details: expect.objectContaining({ origin: 'advantage[1][1]' }),
      }),
    );
    expect(() => whiten([Float32Array.of(-Infinity)])).toThrow(expect.objectContaining({ code: 'ORZ_NOT_FINITE' }));
  });
});
