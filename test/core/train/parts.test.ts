import { describe, expect, it } from 'vitest';
import type { Problem, RewardResult, Rollout } from '../../../core/contracts/data.js';
import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import type { Completion, Sampler, SampleRequest } from '../../../core/contracts/sampler.js';
import { createRandom } from '../../../core/random.js';
import { groupIndices, splitEvenly, toSequence } from '../../../core/train/loop/batch.js';
import { collect, type Collector } from '../../../core/train/loop/collect.js';
import type { RunConfig } from '../../../core/config/schema.js';
import { evaluateAll } from '../../../core/train/evaluation/evaluate.js';
import { ProblemLoader } from '../../../core/train/loop/loader.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';

const problem = (n: number): Problem => ({ id: `p${n}`, prompt: `${n % 10}+1`, answer: String(n + 1) });
const list = (length: number) => ({ length, at: problem });
const rollout = (index: number, of: Problem): Rollout => ({
  index,
  problem: of,
  promptTokens: Int32Array.of(1, 2, 3),
  responseTokens: Int32Array.of(7, 8),
  samplerLogprobs: Float32Array.of(-1, -2),
  text: 'ab',
  stopReason: 'stop',
  weightVersion: 1,
});

describe('the problem loader', () => {
  const stream = () => createRandom(4).stream('order');

  it('gives every problem once per epoch, in another order each epoch', () => {
    const loader = new ProblemLoader(list(17), stream());
    const epochs = [0, 1, 2].map((epoch) => loader.take(17 * epoch, 17).map((p) => p.id));
    for (const epoch of epochs) expect(new Set(epoch).size).toBe(17);
    expect(new Set(epochs.map(String)).size).toBe(3);
  });

  it('goes on from any position as if it had begun at the start, across the end of an epoch', () => {
    const whole = new ProblemLoader(list(10), stream()).take(0, 35);
    for (const [from, count] of [
      [0, 3],
      [7, 6],
      [19, 16],
      [34, 1],
    ] as const)
      expect(new ProblemLoader(list(10), stream()).take(from, count)).toEqual(whole.slice(from, from + count));
  });

  it('depends on the seed', () => {
    const order = (seed: number): string[] =>
      new ProblemLoader(list(30), createRandom(seed).stream('order')).take(0, 30).map((p) => p.id);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });

  it('takes lists made on demand in their order, and starts again at their end', () => {
    const long = new ProblemLoader(list(2 ** 30), stream());
    expect(long.take(5, 3).map((p) => p.id)).toEqual(['p5', 'p6', 'p7']);
    expect(long.take(2 ** 30 - 1, 2).map((p) => p.id)).toEqual([`p${2 ** 30 - 1}`, 'p0']);
  });

  it('refuses an empty list', () => {
    expect(() => new ProblemLoader(list(0), stream())).toThrow(expect.objectContaining({ code: 'ORZ_DATA_EMPTY' }));
  });
});

describe('a batch of rollouts', () => {
  it('joins prompt and response as they are', () => {
    expect(toSequence(rollout(0, problem(1)))).toEqual({ tokens: Int32Array.of(1, 2, 3, 7, 8), promptLength: 3 });
  });

  it('groups the samples of one problem, and refuses rollouts out of order', () => {
    const rollouts = [0, 1, 2, 3, 4, 5].map((i) => rollout(i, problem(Math.floor(i / 3))));
    expect([...groupIndices(rollouts, 3)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(() => groupIndices(rollouts, 2)).toThrow(expect.objectContaining({ code: 'ORZ_GROUP' }));
    expect(() => groupIndices([rollouts[1]!, rollouts[0]!, rollouts[2]!], 3)).toThrow(
      expect.objectContaining({ code: 'ORZ_GROUP' }),
    );
  });

  it('is cut into parts that differ by at most one, in order, never an empty one', () => {
    const order = Int32Array.from({ length: 11 }, (_, i) => (i * 7) % 11);
    for (const parts of [1, 2, 3, 11, 12, 40]) {
      const cut = splitEvenly(order, parts);
      expect(cut.flat()).toEqual([...order]);
      expect(cut.length).toBe(Math.min(parts, 11));
      const sizes = cut.map((part) => part.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });
});

/** Answers every request at once, in a scrambled order, with a text that tells request and sample. */
class ScrambledSampler implements Sampler {
  readonly version = 3;
  readonly seen: SampleRequest[] = [];

  sync(): Promise<number> {
    return Promise.resolve(3);
  }

  async sample(
    requests: readonly SampleRequest[],
    options: Parameters<Sampler['sample']>[1] = {},
  ): Promise<Completion[]> {
    this.seen.push(...requests);
    const completions = requests.flatMap((r, request) =>
      Array.from({ length: r.count }, (_, sample): Completion => ({
        request,
        sample,
        tokens: Int32Array.of(request, sample),
        logprobs: Float32Array.of(-1, -2),
        text: `${request}.${sample}`,
        stopReason: sample === 1 ? 'length' : 'stop',
        weightVersion: 3,
      })),
    );
    for (const c of [...completions].sort((a, b) => b.sample - a.sample || a.request - b.request)) options.onDone?.(c);
    return completions;
  }
}

const graded: RewardResult = { value: 1, verdict: 'correct' };

function collector(changes: Partial<Collector> = {}): Collector & { sampler: ScrambledSampler; groups: string[][] } {
  const groups: string[][] = [];
  const rewards: RewardPool = {
    stats: { timeouts: 0, crashes: 0, retries: 0 },
    dispose: async () => undefined,
    grade: async (group) => {
      groups.push(group.map((g) => g.text));
      return group.map((g) => ({ value: Number(g.text.replace('.', '')), verdict: 'wrong' }));
    },
  };
  return {
    sampler: new ScrambledSampler(),
    tokenizer: createArithmeticTokenizer(),
    template: { name: 'plain', render: (p) => `${p.prompt}=`, stop: ['User:', '</answer>'] },
    rewards,
    maxPromptTokens: 8,
    groups,
    ...changes,
  } as ReturnType<typeof collector>;
}

const request = { samples: 3, key: 9, sampling: { temperature: 0.7, topP: 0.9, topK: 5, maxResponseTokens: 4 } };

describe('collecting', () => {
  it("grades each problem's samples together and in order, whatever the order they end in", async () => {
    const c = collector();
    const { rollouts, results } = await collect(c, { ...request, problems: [problem(0), problem(1)] });
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

  it('asks for every prompt once, with the stop strings of the template, the end ids of the tokenizer and a key of its own', async () => {
    const c = collector();
    await collect(c, { ...request, problems: [problem(0), problem(1)] });
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
    const c = collector({ tokenizer });
    const { rollouts } = await collect(c, { ...request, problems: [problem(0)] });
    expect([...rollouts[0]!.promptTokens]).toEqual([3, ...tokenizer.encode('0+1=')]);
  });

  it('refuses a prompt that is too long, naming the problem, before anything is sampled', async () => {
    const c = collector({ maxPromptTokens: 3 });
    await expect(collect(c, { ...request, problems: [problem(0)] })).rejects.toMatchObject({
      code: 'ORZ_PROMPT_TOO_LONG',
      message: expect.stringContaining('"p0" has 4 tokens'),
      details: { origin: 'p0', value: 4 },
    });
    expect(c.sampler.seen).toEqual([]);
  });

  it('refuses rewards that are not finite or not one per response', async () => {
    const pool = (grade: RewardPool['grade']): RewardPool => ({
      stats: { timeouts: 0, crashes: 0, retries: 0 },
      dispose: async () => undefined,
      grade,
    });
    const run = (grade: RewardPool['grade']): Promise<unknown> =>
      collect(collector({ rewards: pool(grade) }), { ...request, problems: [problem(0), problem(1)] });
    await expect(
      run(async (g) => g.map((x, i) => ({ ...graded, value: x.problem.id === 'p1' && i === 2 ? -Infinity : 1 }))),
    ).rejects.toMatchObject({
      code: 'ORZ_NOT_FINITE',
      message: expect.stringMatching(/^the reward of problem "p1", sample 2 is -Infinity/),
    });
    await expect(run(async (g) => [...g.map(() => graded), graded])).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
      details: { origin: expect.stringMatching(/^p[01]$/) },
    });
  });

  it('tells progress of every completion', async () => {
    const told: number[] = [];
    await collect(collector(), {
      ...request,
      problems: [problem(0), problem(1)],
      onProgress: (done) => told.push(done),
    });
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('an evaluation', () => {
  const events = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };
  const config = { evaluation: { samples: 2, temperature: 0 }, maxResponseTokens: 4 } as RunConfig;
  const evaluate = (c = collector()) =>
    evaluateAll({ collector: c, config, events }, { 'held-out': list(5) }, 3, new AbortController().signal);

  it('takes the first problems in order, uncut sampling, and the same random numbers every time', async () => {
    const c = collector();
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
  });
});
