import { describe, expect, it } from 'vitest';
import type { RewardResult, Rollout } from '../../../../core/contracts/data.js';
import { createRandom } from '../../../../core/random.js';
import type { EstimatedBatch, IterationResult } from '../../../../core/contracts/loop.js';
import { learningMetrics } from '../../../../core/train/metrics/learning-metrics.js';
import { responseStatistics } from '../../../../core/train/metrics/response-statistics.js';

const update = { loss: 0.1, metrics: {}, gradNorm: 1, learningRate: 1e-3 };
const problem = { id: 'p', prompt: '1+1', answer: '2' };

/** A batch of groups of `samples` with random numbers; row `b` has the length `lengthOf(b)`. */
function batchOf(rewards: readonly number[], rowOf: (b: number, what: string) => Float32Array): EstimatedBatch {
  const rows = (what: string) => rewards.map((_, b) => rowOf(b, what));
  const samplerLogprobs = rows('sampler');
  const rollouts = samplerLogprobs.map((row, index): Rollout => ({
    index,
    problem,
    promptTokens: Int32Array.of(1),
    responseTokens: new Int32Array(row.length),
    segments: [{ source: 'policy', length: row.length }],
    samplerLogprobs: row,
    text: '',
    stopReason: 'stop',
    weightVersion: 7,
  }));
  const results = rewards.map((value): RewardResult => ({ value, verdict: value > 0 ? 'correct' : 'wrong' }));
  return {
    rollouts,
    results,
    sequences: [],
    rewards: Float32Array.from(rewards),
    groups: new Int32Array(rewards.length),
    oldLogprobs: rows('old'),
    entropy: rows('entropy'),
    refLogprobs: rows('ref'),
    oldValues: rows('values'),
    rawAdvantages: rows('raw'),
    advantages: rows('advantages'),
    returns: rows('returns'),
    penalties: rows('penalties'),
  };
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const variance = (xs: readonly number[]): number => mean(xs.map((x) => (x - mean(xs)) ** 2));
const result = (batch: EstimatedBatch): IterationResult => ({ iteration: 1, batch, policy: update, critic: update });

describe('the metrics of an update', () => {
  it('are those of the formulas, over all tokens alike', () => {
    const random = createRandom(3);
    const batch = batchOf([0, 1, 1, 1, 0, 0], (b, what) =>
      Float32Array.from({ length: 1 + 3 * b }, (_, t) => random.stream(what).uniform(b, t)),
    );
    const all = (rows: readonly Float32Array[]): number[] => rows.flatMap((row) => [...row]);
    const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x - b[i]!);
    const gaps = minus(all(batch.rollouts.map((r) => r.samplerLogprobs)), all(batch.oldLogprobs)).map(Math.abs);
    const metrics = learningMetrics(result(batch), 2);
    const expected = {
      passAtG: 2 / 3,
      groupsWithoutSignal: 2 / 3,
      samplerWeightVersion: 7,
      entropy: mean(all(batch.entropy!)),
      logprobGapMean: mean(gaps),
      logprobGapMax: Math.max(...gaps),
      advantageMean: mean(all(batch.rawAdvantages)),
      advantageStd: Math.sqrt(variance(all(batch.rawAdvantages))),
      valueMean: mean(all(batch.oldValues!)),
      explainedVariance: 1 - variance(minus(all(batch.returns), all(batch.oldValues!))) / variance(all(batch.returns)),
      kl: mean(minus(all(batch.oldLogprobs), all(batch.refLogprobs!))),
      klPenalty: mean(all(batch.penalties!)),
    };
    for (const [name, value] of Object.entries(expected)) expect(metrics[name], name).toBeCloseTo(value, 12);
  });

  it('names the lowest version of the weights that sampled', () => {
    const batch = batchOf([0, 1], () => new Float32Array(2));
    const rollouts = batch.rollouts.map((r, b) => ({ ...r, weightVersion: 9 - b }));
    expect(learningMetrics(result({ ...batch, rollouts }), 2)['samplerWeightVersion']).toBe(8);
  });

  it('need no memory that grows with the number of tokens', () => {
    const row = Float32Array.from({ length: 1000 }, (_, t) => t % 7);
    const batch = batchOf(
      Array.from({ length: 2048 }, (_, b) => b % 2),
      () => row,
    );
    const used = () => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const growth = Array.from({ length: 4 }, () => {
      const before = used();
      learningMetrics(result(batch), 2);
      return used() - before;
    });
    expect(Math.min(...growth)).toBeLessThan(4e6); // one array of the 2 million gaps would be 16 MB, each time
  });
});

describe('the metrics of responses', () => {
  it('tell the spread of the rewards and the longest response', () => {
    const batch = batchOf([0, 1, 1, 0.5], (b) => new Float32Array(5 + (b % 3)));
    expect(responseStatistics(batch, [])).toMatchObject({
      reward: 0.625,
      rewardStd: Math.sqrt(variance([0, 1, 1, 0.5])),
      responseLengthMax: 7,
      verdicts: { correct: 0.75, wrong: 0.25 },
    });
  });
});
