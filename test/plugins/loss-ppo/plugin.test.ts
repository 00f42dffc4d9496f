import { describe, expect, it } from 'vitest';
import { compileLoss, exampleLossData, lossConformance, type LossData } from '../../../core/conformance/index.js';
import { createPpoClip, ppoClipSettings } from '../../../plugins/loss-ppo/plugin.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';
import { createTestBackend, oracleTokens } from '../../fixtures/loss-inputs.js';

async function evaluate(clipEps: number, data: LossData) {
  const backend = await createTestBackend();
  try {
    return await (await compileLoss(backend, createPpoClip({ clipEps }), 'logprobs', data.weights.length)).run(data);
  } finally {
    await backend.dispose();
  }
}

/** One token of weight 1 with the given ratio and advantage. */
const token = (ratio: number, advantage: number): LossData => ({
  ...exampleLossData(),
  weights: Float32Array.of(1),
  logprobs: Float32Array.of(Math.log(ratio) - 1),
  oldLogprobs: Float32Array.of(-1),
  advantages: Float32Array.of(advantage),
});

describe('policy loss ppo-clip', () => {
  for (const check of lossConformance({
    create: () => createPpoClip(),
    createBackend: createTestBackend,
    trains: 'logprobs',
  }))
    it(check.title, check.run);

  it.each(oracle.ppo)(
    'equals PyTorch in loss, gradient and metrics (clip $clipEps)',
    async ({ clipEps, loss, gradient, metrics }) => {
      const ours = await evaluate(clipEps, oracleTokens());
      expect(ours.loss).toBeCloseTo(loss, 5);
      expect(maxDifference(ours.gradient, gradient)).toBeLessThan(float32Tolerance);
      for (const [name, value] of Object.entries(metrics)) expect(ours.metrics[name], name).toBeCloseTo(value, 5);
      expect(Object.keys(ours.metrics).sort()).toEqual(Object.keys(metrics).sort());
    },
  );

  it('on policy, at ratio 1, the gradient is minus weight times advantage: both branches are equal', async () => {
    const data = exampleLossData();
    const { loss, gradient, metrics } = await evaluate(0.2, { ...data, oldLogprobs: data.logprobs });
    const pulls = data.advantages.map((a, i) => -a * data.weights[i]!);
    expect(maxDifference(gradient, pulls)).toBeLessThan(float32Tolerance);
    expect(loss).toBeCloseTo(
      pulls.reduce((sum, x) => sum + x, 0),
      5,
    );
    expect(metrics).toMatchObject({ clipFraction: 0, approxKl: 0 });
    expect(metrics['ratioMean']).toBeCloseTo(
      data.weights.reduce((sum, w) => sum + w, 0),
      5,
    );
  });

  // [ratio, advantage, loss, gradient]: beyond the range the gradient stops only where going on would gain
  it.each([
    [1.5, 1, -1.2, 0],
    [1.5, -1, 1.5, 1.5],
    [0.5, 1, -0.5, -0.5],
    [0.5, -1, 0.8, 0],
    [1.1, 2, -2.2, -2.2],
  ])('ratio %d with advantage %d gives loss %d and gradient %d', async (ratio, advantage, loss, gradient) => {
    const ours = await evaluate(0.2, token(ratio, advantage));
    expect(ours.loss).toBeCloseTo(loss, 5);
    expect(ours.gradient[0]).toBeCloseTo(gradient, 5);
    expect(ours.metrics['clipFraction']).toBe(Math.abs(ratio - 1) > 0.2 ? 1 : 0);
  });

  it('clips at 0.2 by default and rejects a range that reaches 0', () => {
    expect(createPpoClip().settings).toEqual({ clipEps: 0.2 });
    expect(ppoClipSettings.safeParse({ clipEps: 1 }).success).toBe(false);
    expect(ppoClipSettings.safeParse({ clipEps: 0 }).success).toBe(false);
  });
});
