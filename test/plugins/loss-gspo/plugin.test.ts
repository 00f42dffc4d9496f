import { describe, expect, it } from 'vitest';
import { compileLoss, exampleLossData, lossConformance, type LossData } from '../../../core/conformance/index.js';
import { createGspo, gspoSettings } from '../../../plugins/loss-gspo/plugin.js';
import { createTestBackend } from '../../fixtures/loss-inputs.js';

async function evaluate(data: LossData, settings: Parameters<typeof createGspo>[0] = {}) {
  const backend = await createTestBackend();
  try {
    return await (await compileLoss(backend, createGspo(settings), 'logprobs', data.weights.length)).run(data);
  } finally {
    await backend.dispose();
  }
}

/** One response of as many tokens, each with weight 1 / T, a log ratio of its own and one advantage. */
const response = (logRatios: readonly number[], advantage: number): LossData => {
  const everywhere = (value: number) => new Float32Array(logRatios.length).fill(value);
  return {
    ...exampleLossData(),
    weights: everywhere(1 / logRatios.length),
    logprobs: Float32Array.from(logRatios, (x) => x - 1),
    oldLogprobs: everywhere(-1),
    advantages: everywhere(advantage),
    sequence: new Int32Array(logRatios.length),
  };
};

describe('policy loss gspo', () => {
  for (const settings of [{}, { clipEps: 0.2, clipEpsHigh: 0.3 }])
    for (const check of lossConformance({
      create: () => createGspo(settings),
      createBackend: createTestBackend,
      trains: 'logprobs',
    }))
      it(`${JSON.stringify(settings)} ${check.title}`, check.run);

  it('takes the geometric mean of the ratios: tokens that cancel out leave the response where it was', async () => {
    const { loss, metrics, gradient } = await evaluate(response([0.5, -0.5], 2));
    expect(loss).toBeCloseTo(-2, 5);
    expect(metrics).toMatchObject({ clipFraction: 0 });
    expect(metrics['ratioMean']).toBeCloseTo(1, 6);
    for (const slope of gradient) expect(slope).toBeCloseTo(-1, 5);
  });

  // [mean log ratio, advantage, loss, gradient of each of 2 tokens]
  it.each([
    [1e-4, 1, -Math.exp(1e-4), -Math.exp(1e-4) / 2],
    [1e-3, 1, -1.0004, 0], // above 1 + 4e-4
    [-1e-3, -1, 0.9997, 0], // below 1 − 3e-4
    [-1e-3, 1, -Math.exp(-1e-3), -Math.exp(-1e-3) / 2],
  ])('clips a whole response: mean log ratio %d with advantage %d', async (mean, advantage, loss, slope) => {
    const ours = await evaluate(response([mean + 0.1, mean - 0.1], advantage));
    expect(ours.loss).toBeCloseTo(loss, 5);
    for (const each of ours.gradient) expect(each).toBeCloseTo(slope, 5);
  });

  it('has the range of the paper by default', () => {
    expect(gspoSettings.parse({})).toEqual({ clipEps: 3e-4, clipEpsHigh: 4e-4 });
    expect(gspoSettings.safeParse({ clipEps: 1 }).success).toBe(false);
  });
});
