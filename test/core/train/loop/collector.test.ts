import { describe, expect, it } from 'vitest';
import type { RewardResult } from '../../../../core/contracts/data.js';
import type { RewardPool } from '../../../../core/contracts/reward-pool.js';
import { createArithmeticTokenizer } from '../../../../plugins/task-arithmetic/tokenizer.js';
import { problem, testCollector } from '../collector-support.js';

const graded: RewardResult = { value: 1, verdict: 'correct' };
const request = {
  samples: 3,
  key: 9,
  sampling: { temperature: 0.7, topP: 0.9, topK: 5, maxResponseTokens: 4 },
  maxPromptTokens: 8,
};

describe('collecting', () => {
  it("grades each problem's samples together and in order, whatever the order they end in", async () => {
    const c = testCollector();
    const { rollouts, results } = await c.collector.collect({ ...request, problems: [problem(0), problem(1)] });
    expect(c.groups.map((g) => g.join()).sort()).toEqual(['0.0,0.1,0.2', '1.0,1.1,1.2']);
    expect(rollouts.map((r) => [r.index, r.problem.id, r.text, r.stopReason, r.weightVersion])).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => [
        i,
        `p${Math.floor(i / 3)}`,
        `${Math.floor(i / 3)}.${i % 3}`,
        i % 3 === 1 ? 'length' : 'stop',
        3,
      ]),
    );
    expect(results.map((r) => r.value)).toEqual([0, 1, 2, 10, 11, 12]);
  });

  it('asks for every prompt once, with the stop strings, the end ids and a key of its own', async () => {
    const c = testCollector();
    await c.collector.collect({ ...request, problems: [problem(0), problem(1)] });
    expect(c.sampler.seen.map(({ count, key, settings }) => ({ count, key, settings }))).toEqual(
      [0, 1].map((p) => ({
        count: 3,
        key: [9, p],
        settings: { ...request.sampling, stop: ['User:', '</answer>'], stopTokens: c.tokenizer.endTokens },
      })),
    );
    expect([...c.sampler.seen[1]!.promptTokens]).toEqual([...c.tokenizer.encode('1+1=')]);
  });

  it('puts the begin token in front if the tokenizer has one', async () => {
    const tokenizer = { ...createArithmeticTokenizer(), bosToken: 3 };
    const c = testCollector({ tokenizer });
    const { rollouts } = await c.collector.collect({ ...request, problems: [problem(0)] });
    expect([...rollouts[0]!.promptTokens]).toEqual([3, ...tokenizer.encode('0+1=')]);
  });

  it('refuses a prompt that is too long, naming the problem, before anything is sampled', async () => {
    const c = testCollector();
    await expect(c.collector.collect({ ...request, maxPromptTokens: 3, problems: [problem(0)] })).rejects.toMatchObject(
      {
        code: 'ORZ_PROMPT_TOO_LONG',
        message: expect.stringContaining('"p0" has 4 tokens'),
        details: { origin: 'p0', value: 4 },
      },
    );
    expect(c.sampler.seen).toEqual([]);
  });

  it('refuses rewards that are not finite or not one per response', async () => {
    const pool = (grade: RewardPool['grade']): RewardPool => ({
      stats: { timeouts: 0, crashes: 0, retries: 0 },
      dispose: async () => undefined,
      grade,
    });
    const run = (grade: RewardPool['grade']): Promise<unknown> =>
      testCollector({ rewards: pool(grade) }).collector.collect({ ...request, problems: [problem(0), problem(1)] });
    await expect(
      run(async (g) => g.map((x, i) => ({ ...graded, value: x.problem.id === 'p1' && i === 2 ? -Infinity : 1 }))),
    ).rejects.toMatchObject({
      code: 'ORZ_NOT_FINITE',
      message: expect.stringMatching(/^The reward of problem "p1", sample 2 is -Infinity/),
    });
    await expect(run(async (g) => [...g.map(() => graded), graded])).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
      details: { origin: expect.stringMatching(/^p[01]$/) },
    });
  });

  it('reports progress for every completion', async () => {
    const told: number[] = [];
    await testCollector().collector.collect({
      ...request,
      problems: [problem(0), problem(1)],
      onProgress: (done) => told.push(done),
    });
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
