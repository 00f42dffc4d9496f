import { describe, expect, it } from 'vitest';
import { compileLoss, exampleLossData, lossConformance } from '../../../core/conformance/index.js';
import { cispoSettings, createCispo } from '../../../plugins/loss-cispo/plugin.js';
import { createTestBackend } from '../../fixtures/loss-inputs.js';

/** The gradient and metrics at one token of weight 1 with this ratio and advantage. */
async function atToken(ratio: number, advantage: number, settings: Parameters<typeof createCispo>[0] = {}) {
  const backend = await createTestBackend();
  try {
    const runner = await compileLoss(backend, createCispo(settings), 'logprobs', 1);
    return await runner.run({
      ...exampleLossData(),
      weights: Float32Array.of(1),
      logprobs: Float32Array.of(Math.log(ratio) - 1),
      oldLogprobs: Float32Array.of(-1),
      advantages: Float32Array.of(advantage),
      sequence: Int32Array.of(0),
    });
  } finally {
    await backend.dispose();
  }
}

describe('policy loss cispo', () => {
  for (const settings of [{}, { minRatio: 0.9, maxRatio: 1.1 }])
    for (const check of lossConformance({
      create: () => createCispo(settings),
      createBackend: createTestBackend,
      trains: 'logprobs',
    }))
      it(`${JSON.stringify(settings)} ${check.title}`, check.run);

  // [ratio, advantage, settings, gradient, clip fraction]: the gradient is bounded, never stopped
  it.each([
    [1.5, 2, {}, -3, 0],
    [8, 2, {}, -10, 1],
    [8, -2, {}, 10, 1],
    [0.1, 1, {}, -0.1, 0],
    [0.1, 1, { minRatio: 0.8 }, -0.8, 1],
  ])('ratio %d, advantage %d, %o', async (...row) => {
    const [ratio, advantage, settings, slope, fraction] = row;
    const { gradient, metrics } = await atToken(ratio, advantage, settings);
    expect(gradient[0]).toBeCloseTo(slope, 4);
    expect(metrics['clipFraction']).toBe(fraction);
    expect(metrics['ratioMean']).toBeCloseTo(ratio, 4);
  });

  it('has no lower bound by default, and bounds that enclose 1', () => {
    expect(cispoSettings.parse({})).toEqual({ minRatio: 0, maxRatio: 5 });
    expect(cispoSettings.safeParse({ minRatio: 1.1 }).success).toBe(false);
    expect(cispoSettings.safeParse({ maxRatio: 0.9 }).success).toBe(false);
  });
});
