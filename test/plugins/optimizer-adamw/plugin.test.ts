import { describe, expect, it } from 'vitest';
import { optimizerConformance, runOptimizerStep, type OptimizerStepResult } from '../../../core/conformance/index.js';
import { adamWSettings, createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';
import { createTestBackend } from '../../fixtures/loss-inputs.js';

describe('optimizer adamw', () => {
  for (const check of optimizerConformance({ create: () => createAdamW(), createBackend: createTestBackend }))
    it(check.title, check.run);
  for (const check of optimizerConformance({
    create: () => createAdamW({ weightDecay: 0.1 }),
    createBackend: createTestBackend,
  }))
    it(`with decay: ${check.title}`, check.run);

  it.each(oracle.adamw)(
    'equals torch.optim.AdamW over four steps ($settings)',
    async ({ start, learningRate, settings, steps }) => {
      const backend = await createTestBackend();
      const optimizer = createAdamW(settings);
      let current: OptimizerStepResult = { parameter: Float32Array.from(start), state: {} };
      for (const [i, expected] of steps.entries()) {
        current = await runOptimizerStep(backend, optimizer, [start.length], {
          ...current,
          gradient: Float32Array.from(expected.gradient),
          learningRate,
          step: i + 1,
        });
        expect(maxDifference(current.parameter, expected.parameter), `parameter, step ${i + 1}`).toBeLessThan(
          float32Tolerance,
        );
        expect(maxDifference(current.state['m']!, expected.m), `m, step ${i + 1}`).toBeLessThan(float32Tolerance);
        expect(maxDifference(current.state['v']!, expected.v), `v, step ${i + 1}`).toBeLessThan(float32Tolerance);
      }
      await backend.dispose();
    },
  );

  it('moves every parameter by the learning rate at the first step, whatever the size of its gradient', async () => {
    const backend = await createTestBackend();
    const { parameter } = await runOptimizerStep(backend, createAdamW(), [3], {
      parameter: new Float32Array(3),
      gradient: Float32Array.of(100, -0.01, 1),
      learningRate: 0.5,
      step: 1,
    });
    await backend.dispose();
    expect(maxDifference(parameter, [-0.5, 0.5, -0.5])).toBeLessThan(1e-5);
  });

  it('decays parameters apart from the gradient', async () => {
    const backend = await createTestBackend();
    const step = { parameter: Float32Array.of(2, -4), gradient: new Float32Array(2), learningRate: 0.5, step: 1 };
    const { parameter } = await runOptimizerStep(backend, createAdamW({ weightDecay: 0.1 }), [2], step);
    await backend.dispose();
    expect(maxDifference(parameter, [1.9, -3.8])).toBeLessThan(float32Tolerance);
  });

  it('has the recipe as defaults and rejects decays of 1', () => {
    expect(adamWSettings.parse({})).toEqual({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 });
    expect(adamWSettings.safeParse({ beta2: 1 }).success).toBe(false);
    expect(adamWSettings.safeParse({ beta1: -0.1 }).success).toBe(false);
  });
});
