import { describe, expect, it } from 'vitest';
import { lossFunctions } from '../../../cli/tinker-server/losses.js';
import { evaluateLoss } from '../../../plugins/engine-tinker/host-loss.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';

const plugins = {
  ppoClip: (clipEps: number) => createPpoClip({ clipEps }),
  value: (valueClipEps: number | null) => createValueLoss({ valueClipEps }),
};

const weights = Float32Array.of(0.5, -0.25, 0, 1, 2, 1);
const advantages = Float32Array.of(1, -2, 3, 1, -1, 0.5);
const oldLogprobs = Float32Array.of(-1, -2, -500, -1, -1, -2);
const logprobs = Float32Array.of(-1.1, -1.9, -1, -0.5, -2, -2);
const sequence = {
  tokens: new Int32Array(weights.length + 1),
  promptLength: 1,
  weights,
  inputs: { advantages, oldLogprobs },
};
const ratios = logprobs.map((logprob, t) => Math.exp(logprob - oldLogprobs[t]!));
const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** What the loss and its slopes by log-probability must be, from its value and slope for one token. */
function expectTokens(
  name: string,
  config: object,
  token: (t: number) => readonly [loss: number, slope: number],
): void {
  const loss = lossFunctions[name]!.create(config as Record<string, number>, plugins);
  const evaluated = evaluateLoss(loss, 'logprobs', [sequence], [logprobs]);
  const expected = [...weights].map((weight, t) => (weight === 0 ? [0, 0] : token(t).map((x) => weight * x)));
  expect(evaluated.loss).toBeCloseTo(
    expected.reduce((sum, [loss = 0]) => sum + loss, 0),
    5,
  );
  for (const [t, [, slope = 0]] of expected.entries()) expect(evaluated.slopes[0]![t]).toBeCloseTo(slope, 5);
}

describe('a loss of the API is Σ w · ℓ', () => {
  it('cross_entropy', () => {
    expectTokens('cross_entropy', {}, (t) => [-logprobs[t]!, -1]);
  });

  it('importance_sampling', () => {
    expectTokens('importance_sampling', {}, (t) => {
      const x = -ratios[t]! * advantages[t]!;
      return [x, x];
    });
  });

  it.each([
    [{}, 0.8, 1.2],
    [{ clip_low_threshold: 0.8, clip_high_threshold: 1.28 }, 0.8, 1.28],
    [{ clip_low_threshold: 0, clip_high_threshold: 5 }, 0, 5],
  ])('ppo %j', (config, low, high) => {
    expectTokens('ppo', config, (t) => {
      const [plain, clipped] = [ratios[t]! * advantages[t]!, clip(ratios[t]!, low, high) * advantages[t]!];
      return [-Math.min(plain, clipped), plain <= clipped ? -plain : 0];
    });
  });

  it('cispo', () => {
    expectTokens('cispo', { clip_high_threshold: 1.3 }, (t) => {
      const factor = -clip(ratios[t]!, 0.8, 1.3) * advantages[t]!;
      return [factor * logprobs[t]!, factor];
    });
  });
});

it('thresholds of 1 ± ε are the loss of the plugin', () => {
  const loss = lossFunctions['ppo']!.create({ clip_low_threshold: 1 - 0.2, clip_high_threshold: 1 + 0.2 }, plugins);
  expect([loss.name, loss.settings['clipEps']]).toEqual(['ppo-clip', expect.closeTo(0.2, 12)]);
});
