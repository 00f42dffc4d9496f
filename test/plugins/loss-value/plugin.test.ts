import { describe, expect, it } from 'vitest';
import { compileLoss, exampleLossData, lossConformance, type LossData } from '../../../core/conformance/index.js';
import { createValueLoss, valueSettings } from '../../../plugins/loss-value/plugin.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';
import { createTestBackend, oracleTokens } from '../../fixtures/loss-inputs.js';

async function evaluate(settings: Parameters<typeof createValueLoss>[0], data: LossData) {
  const backend = await createTestBackend();
  try {
    return await (await compileLoss(backend, createValueLoss(settings), 'values', data.weights.length)).run(data);
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
  for (const settings of [{}, { valueClipEps: null }, { huberDelta: 0.4 }, { valueClipEps: null, huberDelta: 0.4 }]) {
    const checks = lossConformance({
      create: () => createValueLoss(settings),
      createBackend: createTestBackend,
      trains: 'values',
    });
    for (const check of checks) it(`${JSON.stringify(settings)}: ${check.title}`, check.run);
  }

  it.each(oracle.value)(
    'equals PyTorch in loss and gradient (clip $valueClipEps)',
    async ({ valueClipEps, loss, gradient }) => {
      const ours = await evaluate({ valueClipEps }, oracleTokens());
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
    const ours = await evaluate({}, token(value, oldValue, target));
    expect(ours.loss).toBeCloseTo(loss, 5);
    expect(ours.gradient[0]).toBeCloseTo(gradient, 5);
    expect(ours.metrics['valueClipFraction']).toBe(fraction);
    expect(ours.metrics['valueError']).toBeCloseTo((value - target) ** 2, 5);
  });

  // [value, old value, return, loss, gradient, clip fraction] with δ = 0.5: ½ e² up to it, ½ (|e| − ¼) beyond
  it.each([
    [0.6, 0.5, 1, 0.08, -0.4, 0],
    [0.4, 0.5, 1.5, 0.425, -0.5, 0],
    [2.5, 2.4, 1, 0.625, 0.5, 0],
    [0.75, 0.25, 2, 0.65, 0, 1], // moved towards the return by more than 0.2
  ])('Huber: value %d, old value %d, return %d', async (...row) => {
    const [value, oldValue, target, loss, gradient, fraction] = row;
    const ours = await evaluate({ huberDelta: 0.5 }, token(value, oldValue, target));
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
    const { metrics } = await evaluate({}, { ...data, values, oldValues, returns });
    expect(metrics['valueClipFraction']).toBe(0);
  });

  it('clips at 0.2 by default; null switches it off and leaves one metric', async () => {
    expect(createValueLoss().settings).toEqual({ valueClipEps: 0.2 });
    expect(createValueLoss({ valueClipEps: null }).settings).toEqual({});
    expect(Object.keys((await evaluate({ valueClipEps: null }, exampleLossData())).metrics)).toEqual(['valueError']);
    expect(valueSettings.safeParse({ valueClipEps: 0 }).success).toBe(false);
  });
});
