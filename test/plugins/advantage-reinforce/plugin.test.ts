import { describe, expect, it } from 'vitest';
import { advantageConformance } from '../../../core/conformance/index.js';
import { createReinforce } from '../../../plugins/advantage-reinforce/plugin.js';
import { batchOf } from '../../fixtures/batches.js';

describe('advantage reinforce', () => {
  for (const check of advantageConformance(createReinforce)) it(check.title, check.run);

  it('is the reward on every token, less the penalties from it to the end', () => {
    const batch = { ...batchOf([1, 0], [0, 1]), tokenRewards: [Float32Array.of(-0.25, 0.5), Float32Array.of(0, 0)] };
    const { advantages, returns } = createReinforce().estimate(batch);
    expect(advantages.map((row) => [...row])).toEqual([
      [0.25, 0.5],
      [0, 0],
    ]);
    expect(returns).toEqual(advantages);
  });

  it('needs one response per problem, and neither critic nor greedy response', () => {
    expect(createReinforce()).toEqual({ name: 'reinforce', needsCritic: false, estimate: expect.any(Function) });
  });
});
