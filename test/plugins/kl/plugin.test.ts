import { describe, expect, it } from 'vitest';
import { klEstimators, klPerToken } from '../../../core/recipe/kl.js';
import { compileLoss, exampleLossData, klConformance } from '../../../core/conformance/index.js';
import { createKlLoss } from '../../../plugins/kl/loss-term.js';
import { createKlPenalty } from '../../../plugins/kl/penalty.js';
import plugin, { createKlNone } from '../../../plugins/kl/plugin.js';
import { klLossSettings, klPenaltySettings } from '../../../plugins/kl/settings.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';
import { createTestBackend, oracleTokens } from '../../fixtures/loss-inputs.js';

describe('kl', () => {
  for (const check of klConformance({ create: createKlNone, createBackend: createTestBackend }))
    it(`none: ${check.title}`, check.run);
  for (const estimator of klEstimators) {
    for (const check of klConformance({
      create: () => createKlPenalty({ estimator }),
      createBackend: createTestBackend,
    }))
      it(`penalty ${estimator}: ${check.title}`, check.run);
    for (const check of klConformance({ create: () => createKlLoss({ estimator }), createBackend: createTestBackend }))
      it(`loss ${estimator}: ${check.title}`, check.run);
  }

  it.each(oracle.kl)(
    'loss: $estimator equals PyTorch in value and gradient, times the coefficient',
    async ({ estimator, loss, gradient }) => {
      const regularizer = createKlLoss({ estimator, coefficient: 0.5 });
      const data = oracleTokens();
      const backend = await createTestBackend();
      const runner = await compileLoss(
        backend,
        { name: 'kl', settings: {}, build: (g, t) => ({ loss: regularizer.loss!(g, t) }) },
        'logprobs',
        data.weights.length,
      );
      const ours = await runner.run(data);
      await backend.dispose();
      expect(ours.loss).toBeCloseTo(0.5 * loss, 5);
      expect(
        maxDifference(
          ours.gradient,
          gradient.map((x) => 0.5 * x),
        ),
      ).toBeLessThan(float32Tolerance);
    },
  );

  it.each(klEstimators)('penalty: %s is the coefficient times the estimate', (estimator) => {
    const { logprobs, refLogprobs } = exampleLossData();
    const ours = createKlPenalty({ estimator, coefficient: 0.25 }).penalty!(logprobs, refLogprobs);
    expect(
      maxDifference(
        ours,
        klPerToken(estimator, logprobs, refLogprobs).map((x) => x / 4),
      ),
    ).toBeLessThan(1e-8);
  });

  it('a penalty is positive under k1 where the policy likes the token more than the reference', () => {
    expect(createKlPenalty({ coefficient: 1 }).penalty!(Float32Array.of(-1), Float32Array.of(-3))[0]).toBe(2);
  });

  it('offers none, loss and penalty; the penalty estimates with k1 and the loss with k3 by default', () => {
    expect(plugin.provides.map(({ slot, type }) => `${slot}/${type}`)).toEqual(['kl/none', 'kl/loss', 'kl/penalty']);
    expect(klPenaltySettings.parse({})).toEqual({ coefficient: 0.01, estimator: 'k1' });
    expect(klLossSettings.parse({})).toEqual({ coefficient: 0.01, estimator: 'k3' });
    expect(klLossSettings.safeParse({ estimator: 'k4' }).success).toBe(false);
    expect(klLossSettings.safeParse({ coefficient: 0 }).success).toBe(false);
  });
});
