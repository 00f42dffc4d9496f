import { describe, expect, it } from 'vitest';
import { run, type FinishedRun } from '../support.js';

const single = { iterations: 2, policyUpdateSteps: 1, criticUpdateSteps: 1 };
const without = { ...single, policyScorePass: false };

const told = ({ calls }: FinishedRun): string[] => calls.map((c) => ('role' in c ? `${c.kind} ${c.role}` : c.kind));
const number = ({ metrics }: FinishedRun, name: string, iteration = 0): number => Number(metrics[iteration]![name]);

describe('without a score pass of the policy', () => {
  it('the policy is not asked for scores, the critic is', async () => {
    const finished = await run({ config: without });
    expect(told(finished)).not.toContain('forward policy');
    expect(told(finished).filter((call) => call === 'forward critic')).toHaveLength(2);
  });

  it('every ratio is exactly 1, and the clip says so', async () => {
    const finished = await run({ config: without });
    for (const iteration of [0, 1]) {
      expect(number(finished, 'clipFraction', iteration)).toBe(0);
      expect(number(finished, 'approxKl', iteration)).toBe(0);
      // The loss weights are f32, and their sum is 1 but for rounding.
      expect(number(finished, 'ratioMean', iteration)).toBeCloseTo(1, 6);
    }
  });

  it('the first update is that with a score pass, but for rounding', async () => {
    const [bare, scored] = [await run({ config: without }), await run({ config: single })];
    for (const name of ['policyLoss', 'policyGradNorm', 'valueLoss', 'entropy'])
      // Ratios of the score pass differ from 1 by the rounding of float32.
      expect(Math.abs(number(bare, name) - number(scored, name)), name).toBeLessThan(1e-5);
    expect(number(bare, 'logprobGapMean')).toBeLessThan(1e-5);
    expect(bare.metrics[0]!['logprobGapMax']).toBeUndefined();
  });

  it('an entropy term and its control see the entropy of the step', async () => {
    const entropy = { type: 'adaptive', target: 100, start: 0.02, step: 0.01, max: 1 };
    const { metrics } = await run({ config: { ...without, entropy } });
    expect(metrics.map((record) => record['entropyCoefficient'])).toEqual([0.02, 0.03]);
    expect(metrics[0]!['entropy']).toBeGreaterThan(0);
  });
});

describe('a run that needs the score pass', () => {
  it.each([
    { policyUpdateSteps: 2 },
    { policyEpochs: 2 },
    { samplerCorrection: 'token' },
    { guards: { canary: true } },
  ])('is refused without it: %j', async (change) => {
    await expect(run({ config: { ...without, ...change } })).rejects.toMatchObject({ code: 'ORZ_CONFIG_INVALID' });
  });
});
