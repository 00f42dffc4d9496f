import { describe, expect, it } from 'vitest';
import { sequencesFrom } from '../../../../cli/cluster/check/batch.js';
import { checkNotFinite, checkSampler } from '../../../../cli/cluster/check/faults.js';
import {
  checkCriticGradient,
  checkGradientHere,
  checkLogprob,
  checkPolicyGradient,
} from '../../../../cli/cluster/check/models.js';
import type { Engine } from '../../../../core/contracts/engine.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { Model, ModelRole, TrainingSequence } from '../../../../core/contracts/model.js';

/** How a server gets it wrong. */
interface Faults {
  /** Divides each call by the number of its sequences. */
  readonly isMean?: boolean;
  /** Divides the gradient of a step by the number of its rows. */
  readonly isRowMean?: boolean;
  readonly scale?: number;
  readonly logprob?: number;
  /** Applies a step whose gradient is not finite. */
  readonly appliesNaN?: boolean;
}

const loss: Loss = {
  name: 'fake',
  settings: {},
  build: () => {
    throw new Error('a fake model has no graph');
  },
};

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** A model of one parameter: the gradient is Σ weight · (token's input + its weight in the sequence). */
function fakeModel(role: ModelRole, { isMean, isRowMean, scale = 1, logprob = -2, appliesNaN }: Faults = {}): Model {
  let gradient = 0;
  let rows = 0;
  let value = logprob;
  const gradientOf = ({ weights, inputs }: TrainingSequence): number =>
    sum(weights.map((w, t) => w * ((inputs.advantages ?? inputs.returns)?.[t] ?? NaN) + w));
  return {
    role,
    version: 1,
    parameterCount: 1,
    forward: async (sequences) =>
      sequences.map(({ tokens, promptLength }) => {
        const scores = new Float32Array(tokens.length - promptLength).fill(value);
        return role === 'critic' ? { values: scores } : { logprobs: scores };
      }),
    accumulate: async (batch) => {
      gradient += (scale * sum(batch.map(gradientOf))) / (isMean ? batch.length : 1);
      rows += batch.length;
      const errors = batch.map(({ weights, inputs: { oldValues, returns } }) =>
        sum(weights.map((w, t) => (scale * w * ((oldValues?.[t] ?? 0) - (returns?.[t] ?? 0)) ** 2) / 2)),
      );
      return { loss: sum(errors), metrics: {} };
    },
    step: async () => {
      const gradNorm = Math.abs(gradient) / (isRowMean ? rows : 1);
      if (!Number.isFinite(gradNorm) || gradNorm > 1e38) {
        if (appliesNaN) value = NaN;
      }
      gradient = 0;
      rows = 0;
      return { gradNorm, version: 2 };
    },
  };
}

const text = Int32Array.from({ length: 20 }, (_, i) => i);
const sequences = sequencesFrom(text);
const verdicts = (findings: readonly { verdict: string }[]): string[] => findings.map(({ verdict }) => verdict);

describe('the check of a policy', () => {
  it('passes a server that adds up', async () => {
    const { findings, norm } = await checkPolicyGradient(fakeModel('policy'), loss, sequences);
    expect(verdicts(findings)).toEqual(['ok', 'ok', 'ok']);
    expect(norm).toBeGreaterThan(0);
  });

  it('finds a server that takes the mean of each request', async () => {
    const { findings } = await checkPolicyGradient(fakeModel('policy', { isMean: true }), loss, sequences);
    expect(verdicts(findings)).toEqual(['failed', 'failed', 'ok']);
  });

  it('finds another gradient than here, as of an embedding that came untied', async () => {
    const here = fakeModel('policy');
    const { norm } = await checkPolicyGradient(fakeModel('policy', { scale: 1.2 }), loss, sequences);
    const found = await checkGradientHere(here, loss, { sequences, norm, isTied: true });
    expect(found).toMatchObject({ verdict: 'failed', what: expect.stringContaining('tied') });
    expect((await checkGradientHere(here, loss, { sequences, norm: norm / 1.2, isTied: true })).verdict).toBe('ok');
  });

  it.each([
    [-2, -2.01, 'ok'],
    [-2, -2.4, 'failed'],
    [-2, undefined, 'ok'],
    [-6.9, undefined, 'failed'],
    [NaN, -2, 'failed'],
  ])('compares a log-probability of %d with %d here: %s', async (there, here, verdict) => {
    const policy = fakeModel('policy', { logprob: there });
    const own = here === undefined ? undefined : fakeModel('policy', { logprob: here });
    expect((await checkLogprob(policy, text, own, 1000)).verdict).toBe(verdict);
  });

  it('finds a server that applies a gradient which is not finite', async () => {
    const check = (faults: Faults) => checkNotFinite(fakeModel('policy', faults), loss, { text, sequences });
    expect((await check({ appliesNaN: true })).verdict).toBe('failed');
  });
});

describe('the check of a critic', () => {
  it('passes a server that adds up', async () => {
    expect(verdicts(await checkCriticGradient(fakeModel('critic'), loss, sequences))).toEqual(['ok', 'ok']);
  });

  it('finds a mean over rows that nobody undoes, and a loss of another scale', async () => {
    const mean = fakeModel('critic', { isRowMean: true });
    expect(verdicts(await checkCriticGradient(mean, loss, sequences))).toEqual(['failed', 'ok']);
    const half = fakeModel('critic', { scale: 0.5 });
    expect(verdicts(await checkCriticGradient(half, loss, sequences))).toEqual(['ok', 'failed']);
  });
});

describe('the check of a sampler', () => {
  const engineWith = (logprob: number): Engine => ({
    device: { backend: 'fake', device: 'fake', deterministic: true, notes: [] },
    policy: fakeModel('policy'),
    sampler: {
      version: 1,
      sync: async () => 1,
      sample: async ([request]) =>
        [0, 1].map((sample) => ({
          request: 0,
          sample,
          tokens: Int32Array.of(1, 2),
          logprobs: Float32Array.of(logprob, logprob),
          text: '',
          stopReason: 'length' as const,
          weightVersion: request === undefined ? 0 : 1,
        })),
    },
    dispose: async () => undefined,
  });

  it('compares its log-probabilities with those of the trainer', async () => {
    expect((await checkSampler(engineWith(-2.001), text, 100)).verdict).toBe('ok');
    expect((await checkSampler(engineWith(-2.2), text, 100)).verdict).toBe('failed');
    expect((await checkSampler(engineWith(-2), text, 2)).verdict).toBe('failed');
  });
});
