import { describe, expect, it } from 'vitest';
import { compileLoss, exampleLossData, lossConformance, type LossData } from '../../../core/conformance/index.js';
import { createValueLoss, valueSettings } from '../../../plugins/loss-value/plugin.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';
import { createTestBackend, oracleTokens } from '../../fixtures/loss-inputs.js';

async function evaluate(valueClipEps: number | null, data: LossData) {
  const backend = await createTestBackend();
  try {
    return await (
      await compileLoss(backend, createValueLoss({ valueClipEps }), 'values', data.weights.length)
    ).run(data);
  } finally {
    await backend.dispose();
  }
}

const token = (value: number, oldValue: number, target: number): LossData => ({
  ...exampleLossData(),
  weights: Float32Array.of(1),
  values: Float32Array.of(value),
  oldValues: Float32Array.of(oldValue),
  returns: Float32Array.of(target),
});

describe('value loss', () => {
  for (const valueClipEps of [0.2, null]) {
    const checks = lossConformance({
      create: () => createValueLoss({ valueClipEps }),
      createBackend: createTestBackend,
      trains: 'values',
    });
    for (const check of checks) it(`clip ${valueClipEps}: ${check.title}`, check.run);
  }

  it.each(oracle.value)(
    'equals PyTorch in loss and gradient (clip $valueClipEps)',
    async ({ valueClipEps, loss, gradient }) => {
      const ours = await evaluate(valueClipEps, oracleTokens());
      expect(ours.loss).toBeCloseTo(loss, 5);
      expect(maxDifference(ours.gradient, gradient)).toBeLessThan(float32Tolerance);
    },
  );

  // [value, old value, return, loss, gradient, clip fraction]
  it.each([
    [0.5, 0.5, 1, 0.125, -0.5, 0],
    // moved towards the return by more than 0.2: the clipped error is larger and gets no gradient
    [0.75, 0.25, 1, (0.55 * 0.55) / 2, 0, 1],
    [0, 0.5, 1, 0.5, -1, 0], // moved away by more than 0.2: the plain error is larger and pulls back
    [0.6, 0.5, 1, 0.08, -0.4, 0],
  ])('value %d, old value %d, return %d', async (...row) => {
    const [value, oldValue, target, loss, gradient, fraction] = row;
    const ours = await evaluate(0.2, token(value, oldValue, target));
    expect(ours.loss).toBeCloseTo(loss, 5);
    expect(ours.gradient[0]).toBeCloseTo(gradient, 5);
    expect(ours.metrics['valueClipFraction']).toBe(fraction);
    expect(ours.metrics['valueError']).toBeCloseTo((value - target) ** 2, 5);
  });

  it('does not count a value inside the range as clipped because of rounding', async () => {
    // The values are so small beside the old ones that old + (value − old) differs from value even in float64
    const data = exampleLossData();
    const oldValues = data.values.map((_, i) => (i - 4.5) / 37);
    const values = data.values.map((v) => v * 1e-13);
    const returns = data.values.map(() => 0);
    expect(values.some((v, i) => (oldValues[i]! + (v - oldValues[i]!)) ** 2 > v ** 2)).toBe(true);
    const { metrics } = await evaluate(0.2, { ...data, values, oldValues, returns });
    expect(metrics['valueClipFraction']).toBe(0);
  });

  it('clips at 0.2 by default; null switches it off and leaves one metric', async () => {
    expect(createValueLoss().settings).toEqual({ valueClipEps: 0.2 });
    expect(createValueLoss({ valueClipEps: null }).settings).toEqual({});
    expect(Object.keys((await evaluate(null, exampleLossData())).metrics)).toEqual(['valueError']);
    expect(valueSettings.safeParse({ valueClipEps: 0 }).success).toBe(false);
  });
});
