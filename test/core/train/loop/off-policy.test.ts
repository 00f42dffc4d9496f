import { describe, expect, it } from 'vitest';
import type { TrainingSequence } from '../../../../core/contracts/model.js';
import { parityReward, run, type Call, type FinishedRun } from '../support.js';

/** What a model was trained on, step by step. */
const stepsOf = ({ calls }: FinishedRun, role: string): TrainingSequence[][] =>
  calls.flatMap((call) => (call.kind === 'accumulate' && call.role === role ? [[...call.sequences]] : []));
/** Places of the responses of some steps in the order in which they were collected. */
function placesOf({ calls }: FinishedRun, steps: readonly TrainingSequence[][]): number[] {
  const scored = calls.find((call): call is Call & { kind: 'forward' } => call.kind === 'forward')!.sequences;
  return steps.flat().map(({ tokens }) => scored.findIndex((sequence) => sequence.tokens.buffer === tokens.buffer));
}
const ascending = Array.from({ length: 12 }, (_, i) => i);
const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

describe('several epochs', () => {
  const config = { iterations: 1, policyEpochs: 3, policyUpdateSteps: 2, criticEpochs: 2, criticUpdateSteps: 3 };

  it('use every response once in each, in an order of its own', async () => {
    const finished = await run({ config });
    for (const [role, epochs, updates] of [
      ['policy', 3, 2],
      ['critic', 2, 3],
    ] as const) {
      const steps = stepsOf(finished, role);
      expect(steps).toHaveLength(epochs * updates);
      const orders = Array.from({ length: epochs }, (_, e) =>
        placesOf(finished, steps.slice(e * updates, (e + 1) * updates)),
      );
      for (const order of orders) expect(sorted(order)).toEqual(ascending);
      expect(new Set(orders.map(String)).size).toBe(epochs);
    }
  });

  it('begin with the order of a run with one epoch, and repeat with the seed', async () => {
    const one = await run({ config: { ...config, policyEpochs: 1 } });
    const [three, again] = [await run({ config }), await run({ config })];
    const order = (finished: FinishedRun): number[] => placesOf(finished, stepsOf(finished, 'policy'));
    expect(order(three).slice(0, 12)).toEqual(order(one));
    expect(order(again)).toEqual(order(three));
  });

  it('keep the log-probabilities of before the first one', async () => {
    const finished = await run({ config });
    const old = new Map<ArrayBufferLike, string>();
    for (const { tokens, inputs } of stepsOf(finished, 'policy').flat()) {
      const row = inputs.oldLogprobs!.join();
      expect(old.get(tokens.buffer) ?? row).toBe(row);
      old.set(tokens.buffer, row);
    }
    expect(finished.metrics[0]!['approxKl']).toBeGreaterThan(0);
  });
});

describe('iterations of the critic only', () => {
  it('train no policy, and have no metrics of it', async () => {
    const { calls, metrics } = await run({ config: { iterations: 3, criticOnlyIterations: 2, criticUpdateSteps: 1 } });
    const trained = calls.flatMap((call) => (call.kind === 'step' ? [call.role] : []));
    expect(trained).toEqual(['critic', 'critic', 'critic', 'policy']);
    expect(metrics.map((record) => record['policyLoss'] === null)).toEqual([true, true, false]);
    expect(metrics.map((record) => record['valueLoss'] === null)).toEqual([false, false, false]);
    expect(metrics.map((record) => record['weightVersion'])).toEqual([1, 1, 2]);
  });

  it('leave the adaptive entropy where it began', async () => {
    const entropy = { type: 'adaptive', target: 100, start: 0.02, step: 0.01, max: 1 };
    const { metrics } = await run({
      config: { iterations: 4, criticOnlyIterations: 2, criticUpdateSteps: 1, entropy },
    });
    const coefficients = metrics.map((record) => record['entropyCoefficient']);
    expect(coefficients).toEqual([undefined, undefined, 0.02, 0.03]);
  });
});

describe('responses that are masked', () => {
  const config = { iterations: 1, rewardShaping: 'overlong-filter', lossAggregation: 'constant-length' };

  it('weigh nothing in either model, and the others weigh 1 / (responses · limit) a token', async () => {
    const finished = await run({ config: { ...config, criticUpdateSteps: 1 } });
    for (const role of ['policy', 'critic']) {
      const all = stepsOf(finished, role).flat();
      const cut = all.filter(({ inputs }) => inputs.truncated!.some((x) => x === 1));
      const whole = all.filter((sequence) => !cut.includes(sequence));
      expect([cut.length > 0, whole.length > 0]).toEqual([true, true]);
      for (const { weights } of cut) expect(weights.every((weight) => weight === 0)).toBe(true);
      const expected = Math.fround(1 / (whole.length * 6));
      for (const { weights } of whole) expect(new Set(weights)).toEqual(new Set([expected]));
    }
  });

  it('are not in the mean and deviation that whiten the others', async () => {
    const finished = await run({
      config: { ...config, whitenAdvantages: true, criticUpdateSteps: 1 },
      grade: parityReward,
    });
    const whole = stepsOf(finished, 'policy')
      .flat()
      .filter(({ inputs }) => inputs.truncated!.every((x) => x === 0));
    const advantages = whole.flatMap(({ inputs }) => [...inputs.advantages!]);
    const mean = advantages.reduce((a, b) => a + b, 0) / advantages.length;
    // Of rounding to float32.
    expect(Math.abs(mean)).toBeLessThan(1e-6);
    expect(advantages.reduce((sum, x) => sum + (x - mean) ** 2, 0) / advantages.length).toBeCloseTo(1, 5);
  });
});
