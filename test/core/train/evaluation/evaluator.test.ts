import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../../core/config/schema.js';
import { isOrzError } from '../../../../core/errors.js';
import { HeldOutEvaluator, meanReward } from '../../../../core/train/evaluation/evaluator.js';
import { requireKnownSets } from '../../../../core/train/evaluation/set-protocol.js';
import type { TrainingRun } from '../../../../core/train/loop/training-run.js';
import { problem, testCollector } from '../collector-support.js';

const list = (length: number) => ({ length, at: problem });

describe('an evaluation', () => {
  const events = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };
  const evaluation = { samples: 2, temperature: 0 };
  const evaluate = ({ collector, template } = testCollector(), environment = 'none', sets: unknown = {}) => {
    const limits = { maxResponseTokens: 4, maxPromptTokens: 8 };
    const config = {
      evaluation: { ...evaluation, sets },
      environment: { type: environment },
      ...limits,
    } as unknown as RunConfig;
    const problems = { train: list(0), evaluation: { 'held-out': list(5) } };
    const run = { config, events } as unknown as TrainingRun;
    const evaluator = new HeldOutEvaluator(run, collector, problems, template);
    return evaluator.evaluate({ limit: 3, signal: new AbortController().signal });
  };

  it('takes the first problems in order, uncut sampling, and the same random numbers every time', async () => {
    const c = testCollector();
    await evaluate(c);
    await evaluate(c);
    expect(c.sampler.seen.slice(0, 3).map((r) => [...r.promptTokens])).toEqual(
      [0, 1, 2].map((n) => [...c.tokenizer.encode(`${n}+1=`)]),
    );
    expect(c.sampler.seen[0]!.settings).toMatchObject({ temperature: 0, topP: 1, topK: 0 });
    expect(c.sampler.seen.slice(3).map((r) => r.key)).toEqual(c.sampler.seen.slice(0, 3).map((r) => r.key));
  });

  it('reports means over all responses', async () => {
    const {
      reports: { 'held-out': report },
    } = await evaluate();
    // Texts 0.0, 0.1, 1.0, 1.1, 2.0, 2.1 are rewarded 0, 1, 10, 11, 20, 21.
    expect(report).toMatchObject({
      reward: 63 / 6,
      responseLength: 2,
      stopReasons: { stop: 0.5, length: 0.5 },
      verdicts: { wrong: 1, correct: 0 },
      responseLengthCorrect: null,
      responseLengthWrong: 2,
    });
    expect(report).not.toHaveProperty('turns');
  });

  it('counts turns where there is an environment', async () => {
    const { reports } = await evaluate(testCollector(), 'calculator');
    expect(reports['held-out']).toMatchObject({ turns: 1, environmentTokens: 0 });
  });

  it('gives the interval of the mean over problems, not over responses', async () => {
    const { reports } = await evaluate();
    // Means 0.5, 10.5 and 20.5: standard error 10 / √3, and Student's t, which is computed to about ten digits.
    const half = (4.302652729911275 * 10) / Math.sqrt(3);
    expect(reports['held-out']?.['rewardLow']).toBeCloseTo(10.5 - half, 8);
    expect(reports['held-out']?.['rewardHigh']).toBeCloseTo(10.5 + half, 8);
  });

  it('measures a set as its own settings say', async () => {
    const c = testCollector();
    const own = { samples: 1, temperature: 0.6, topP: 0.9, maxResponseTokens: 3, problems: 2 };
    await evaluate(c, 'none', { 'held-out': own });
    expect(c.sampler.seen.map(({ count }) => count)).toEqual([1, 1]);
    expect(c.sampler.seen[0]?.settings).toMatchObject({ temperature: 0.6, topP: 0.9, maxResponseTokens: 3 });
  });
});

describe('settings of held-out sets', () => {
  const problems = { train: list(0), evaluation: { math: list(1), gpqa: list(1) } };
  const config = (sets: unknown, bestSet?: string) =>
    ({ evaluation: { sets }, checkpoint: { bestSet } }) as unknown as RunConfig;
  const faultOf = (work: () => void): unknown => {
    try {
      work();
    } catch (error) {
      return isOrzError(error) ? error.details.origin : error;
    }
    return undefined;
  };

  it('must be for sets that there are', () => {
    expect(faultOf(() => requireKnownSets(config({ math: {} }, 'gpqa'), problems))).toBeUndefined();
    expect(faultOf(() => requireKnownSets(config({ mat: {} }), problems))).toBe('evaluation.sets.mat');
    expect(faultOf(() => requireKnownSets(config({}, 'aime'), problems))).toBe('checkpoint.bestSet');
  });

  it('choose what makes a checkpoint the best', () => {
    const reports = { math: { reward: 0.8 }, gpqa: { reward: 0.2 } };
    const evaluation = { reports, samples: [] } as unknown as Parameters<typeof meanReward>[0];
    expect(meanReward(evaluation)).toBeCloseTo(0.5, 12);
    expect(meanReward(evaluation, 'gpqa')).toBe(0.2);
  });
});
