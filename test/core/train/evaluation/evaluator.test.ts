import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../../core/config/schema.js';
import { HeldOutEvaluator } from '../../../../core/train/evaluation/evaluator.js';
import type { TrainingRun } from '../../../../core/train/loop/training-run.js';
import { problem, testCollector } from '../collector-support.js';

const list = (length: number) => ({ length, at: problem });

describe('an evaluation', () => {
  const events = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };
  const evaluation = { samples: 2, temperature: 0 };
  const evaluate = ({ collector, template } = testCollector(), environment = 'none') => {
    const limits = { maxResponseTokens: 4, maxPromptTokens: 8 };
    const config = { evaluation, environment: { type: environment }, ...limits } as unknown as RunConfig;
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
});
