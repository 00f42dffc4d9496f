import { describe, expect, it } from 'vitest';
import type { Problem, Rollout } from '../../../../core/contracts/data.js';
import type { GroupFilter } from '../../../../core/contracts/group-filter.js';
import type { CollectRequest, GradedRollouts } from '../../../../core/contracts/loop.js';
import { collectBatch } from '../../../../core/train/loop/collect-batch.js';
import type { LoopContext } from '../../../../core/train/loop/loop-context.js';

/** Two samples per prompt, three prompts per iteration; problem n is called `pn`. */
const [samplesPerPrompt, rolloutBatchSize] = [2, 3];

const problemNumber = ({ id }: Problem): number => Number(id.slice(1));

function rollout(problem: Problem, index: number): Rollout {
  const common = { samplerLogprobs: Float32Array.of(-1), text: '', stopReason: 'stop', weightVersion: 0 } as const;
  const tokens = { promptTokens: Int32Array.of(1), responseTokens: Int32Array.of(2) };
  return { ...common, ...tokens, index, problem, segments: [{ source: 'policy', length: 1 }] };
}

/** Rewards: the number of the problem, a tenth more for the second sample, and 100 more for a greedy response. */
function answer({ problems, firstIndex = 0, samples, sampling }: CollectRequest): GradedRollouts {
  const all = problems.flatMap((problem, p) =>
    Array.from({ length: samples }, (_, s) => ({ problem, index: (firstIndex + p) * samples + s, s })),
  );
  return {
    rollouts: all.map(({ problem, index }) => rollout(problem, index)),
    results: all.map(({ problem, s }) => ({
      value: problemNumber(problem) + (sampling.temperature === 0 ? 100 : s / 10),
      verdict: 'correct',
    })),
  };
}

interface Setup {
  readonly maxCollections?: number;
  /** Whether to train on the group of a problem; absent for no filter. */
  readonly keeps?: (problem: number) => boolean;
  readonly greedy?: boolean;
  readonly taken?: number;
  readonly collect?: (request: CollectRequest) => GradedRollouts;
}

function context({ maxCollections = 1, keeps, greedy = false, taken = 0, collect = answer }: Setup) {
  const asked: CollectRequest[] = [];
  const warnings: string[] = [];
  const progress = { problems: taken };
  const filter: GroupFilter = {
    ...{ name: 'test', maxCollections },
    ...(keeps && { keeps: ({ rollouts }: GradedRollouts) => keeps(problemNumber(rollouts[0]!.problem)) }),
  };
  const sampling = { temperature: 0.7, topP: 0.9, topK: 5, maxResponseTokens: 8 };
  const config = { rolloutBatchSize, samplesPerPrompt, maxPromptTokens: 4, ...sampling };
  const phase = () => ({ progress: () => undefined, end: () => undefined });
  const made = {
    run: { config, events: { phase, log: (_: string, text: string) => warnings.push(text) } },
    parts: {
      collector: {
        collect: async (request: CollectRequest) => {
          asked.push(request);
          return collect(request);
        },
      },
    },
    loader: {
      take: (from: number, count: number): Problem[] =>
        Array.from({ length: count }, (_, i) => ({ id: `p${from + i}`, prompt: '1+1', answer: '2' })),
    },
    ...{ filter, progress, needsGreedyBaseline: greedy },
  };
  return { asked, warnings, progress, collect: () => collectBatch(made as unknown as LoopContext, 5) };
}

const problemsOf = ({ rollouts }: GradedRollouts): number[] => rollouts.map(({ problem }) => problemNumber(problem));
const shapeOf = (requests: readonly CollectRequest[]) =>
  requests.map(({ problems, firstIndex }) => [firstIndex, ...problems.map(problemNumber)]);

describe('a batch without a filter', () => {
  it('is one collection of the next problems, and reports nothing about it', async () => {
    const c = context({ taken: 30 });
    const { graded, collection } = await c.collect();
    expect(shapeOf(c.asked)).toEqual([[0, 30, 31, 32]]);
    expect(c.asked[0]).toMatchObject({ samples: 2, key: 5, iteration: 5, sampling: { temperature: 0.7, topP: 0.9 } });
    expect(problemsOf(graded)).toEqual([30, 30, 31, 31, 32, 32]);
    expect([collection, graded.greedyRewards, c.progress.problems]).toEqual([undefined, undefined, 33]);
  });
});

describe('a batch with a filter', () => {
  it('replaces the groups that are left out by those of the next problems, until it is full', async () => {
    const c = context({ keeps: (n) => n % 2 === 0, maxCollections: 9, taken: 10 });
    const { graded, collection } = await c.collect();
    expect(shapeOf(c.asked)).toEqual([
      [0, 10, 11, 12],
      [3, 13],
      [4, 14],
    ]);
    expect(problemsOf(graded)).toEqual([10, 10, 12, 12, 14, 14]);
    expect(graded.results.map(({ value }) => value)).toEqual([10, 10.1, 12, 12.1, 14, 14.1]);
    // Mean of 10 … 14, and half of the responses have a tenth more.
    expect(collection).toMatchObject({ collections: 3, groups: 5, groupsKept: 3 });
    expect(collection?.reward).toBeCloseTo(12.05, 12);
    expect(c.progress.problems).toBe(15);
  });

  it('gives every response of an iteration an index of its own, so that none draws what another drew', async () => {
    const { graded } = await context({ keeps: (n) => n > 3, maxCollections: 9 }).collect();
    expect(graded.rollouts.map(({ index }) => index)).toEqual([8, 9, 10, 11, 12, 13]);
  });

  it.each([1, 2, 4])('collects %i times at most, and trains on fewer groups then', async (maxCollections) => {
    const c = context({ keeps: (n) => n === 1, maxCollections });
    const { graded, collection } = await c.collect();
    expect(problemsOf(graded)).toEqual([1, 1]);
    expect([c.asked.length, collection?.groupsKept, c.warnings]).toEqual([maxCollections, 1, []]);
    expect(c.progress.problems).toBe(3 + 2 * (maxCollections - 1));
  });

  it('trains on what it collected first if no group is kept, and says so', async () => {
    const c = context({ keeps: () => false, maxCollections: 3 });
    const { graded, collection } = await c.collect();
    expect(problemsOf(graded)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(collection).toMatchObject({ collections: 3, groups: 9, groupsKept: 0 });
    expect(c.warnings).toEqual(['no group of 9 passed the filter "test": training on the first ones']);
    expect(c.progress.problems).toBe(9);
  });

  it('goes on from the problems taken as a run that was not interrupted', async () => {
    const setup = { keeps: (n: number) => n % 3 === 0, maxCollections: 3 };
    const whole = context(setup);
    await whole.collect();
    const second = await whole.collect();
    const first = context(setup);
    await first.collect();
    const resumed = context({ ...setup, taken: first.progress.problems });
    expect(await resumed.collect()).toEqual(second);
    expect(resumed.progress.problems).toBe(whole.progress.problems);
  });

  it('fails when a collector gives nothing at all', async () => {
    const c = context({ collect: () => ({ rollouts: [], results: [] }) });
    await expect(c.collect()).rejects.toMatchObject({ code: 'ORZ_GROUP' });
  });
});

describe('greedy baselines', () => {
  it('are the rewards of the most probable response to the same problem, each response alike', async () => {
    const c = context({ greedy: true, keeps: (n) => n % 2 === 1, maxCollections: 9 });
    const { graded } = await c.collect();
    expect(problemsOf(graded)).toEqual([1, 1, 3, 3, 5, 5]);
    expect([...graded.greedyRewards!]).toEqual([101, 101, 103, 103, 105, 105]);
  });

  it('are asked for without randomness, under the indices of their groups and no iteration', async () => {
    const c = context({ greedy: true, keeps: (n) => n !== 0, maxCollections: 2 });
    await c.collect();
    expect(shapeOf(c.asked)).toEqual([
      [0, 0, 1, 2],
      [0, 0, 1, 2],
      [3, 3],
      [3, 3],
    ]);
    for (const request of [c.asked[1]!, c.asked[3]!]) {
      expect(request).toMatchObject({ samples: 1, key: 5, sampling: { temperature: 0, topP: 1, topK: 0 } });
      expect('iteration' in request).toBe(false);
    }
  });

  it('belong to their groups where a collector leaves some out', async () => {
    const withoutSecond = (request: CollectRequest): GradedRollouts => {
      const { rollouts, results } = answer(request);
      const kept = rollouts.map(({ problem }) => request.iteration === undefined || problemNumber(problem) !== 1);
      return { rollouts: rollouts.filter((_, i) => kept[i]), results: results.filter((_, i) => kept[i]) };
    };
    const { graded } = await context({ greedy: true, collect: withoutSecond }).collect();
    expect([...graded.greedyRewards!]).toEqual([100, 100, 102, 102]);
  });
});
