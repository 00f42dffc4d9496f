import { describe, expect, it } from 'vitest';
import { advantageConformance } from '../../../core/conformance/index.js';
import plugin, { createGae, gaeSettings } from '../../../plugins/advantage-gae/plugin.js';
import { batchOf } from '../../fixtures/batches.js';

describe('advantage gae', () => {
  for (const check of [
    ...advantageConformance(() => createGae()),
    ...advantageConformance(() => createGae({ gamma: 0.9, lambda: 0.5 })),
  ])
    it(check.title, check.run);

  it('is the recipe by default: gamma = lambda = 1', () => {
    expect(gaeSettings.parse({})).toEqual({ gamma: 1, lambda: 1 });
    const { advantages, returns } = createGae().estimate({
      ...batchOf([1, 0], [0, 0]),
      values: [Float32Array.of(0.25, 0.75), Float32Array.of(0.5, 0.5)],
    });
    expect(advantages.map((row) => [...row])).toEqual([
      [0.75, 0.25],
      [-0.5, -0.5],
    ]);
    expect(returns.map((row) => [...row])).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it('never mixes rollouts: each ends with next value 0', () => {
    const values = [Float32Array.of(0, 0), Float32Array.of(9, 9)];
    const { advantages } = createGae({ gamma: 1, lambda: 0 }).estimate({ ...batchOf([0, 0], [0, 1]), values });
    expect(advantages.map((row) => [...row])).toEqual([
      [0, 0],
      [0, -9],
    ]);
  });

  it('without values it asks for a critic', () => {
    expect(() => createGae().estimate(batchOf([1], [0]))).toThrow(expect.objectContaining({ code: 'ORZ_CAPABILITY' }));
  });

  it('rejects settings out of range and unknown ones', () => {
    expect(gaeSettings.safeParse({ lambda: 1.2 }).success).toBe(false);
    expect(gaeSettings.safeParse({ lamda: 1 }).success).toBe(false);
    expect(plugin.provides.map(({ slot, type }) => `${slot}/${type}`)).toEqual(['advantage/gae']);
  });
});
