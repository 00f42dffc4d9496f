import { describe, expect, it } from 'vitest';
import type { EnvironmentPool, EpisodeState, PoolStep } from '../../../core/contracts/environment-pool.js';
import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import type { Completion, Sampler, SampleRequest } from '../../../core/contracts/sampler.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';
import { problem, ScrambledSampler, testCollector } from '../train/collector-support.js';

const tokenizer = createArithmeticTokenizer();

/** Writes `turns[n]` in turn n, whatever it is asked, cut at the limit of the request. */
class ScriptedSampler extends ScrambledSampler {
  readonly waves: (readonly SampleRequest[])[] = [];

  constructor(private readonly turns: readonly string[]) {
    super();
  }

  override async sample(requests: readonly SampleRequest[], options: Parameters<Sampler['sample']>[1] = {}) {
    const text = this.turns[this.waves.push(requests) - 1] ?? '';
    const completions = requests.flatMap(({ count, settings }, request) =>
      Array.from({ length: count }, (_, sample): Completion => {
        const whole = tokenizer.encode(text);
        const tokens = whole.subarray(0, settings.maxResponseTokens);
        return {
          request,
          sample,
          tokens,
          logprobs: Float32Array.from(tokens, (_t, t) => -(t + 1)),
          text: tokenizer.decode(tokens),
          stopReason: tokens.length < whole.length ? 'length' : 'stop',
          weightVersion: 3,
        };
      }),
    );
    for (const completion of completions.toReversed()) options.onDone?.(completion);
    return completions;
  }
}

/** A pool that answers as `step` says, and remembers what it was asked. */
function poolOf(step: (state: EpisodeState) => PoolStep, maxTurns = 4) {
  const asked: EpisodeState[] = [];
  const pool: EnvironmentPool = {
    stop: ['='],
    maxTurns,
    stats: { timeouts: 0, crashes: 0, retries: 0 },
    step: async (state) => {
      asked.push(state);
      return step(state);
    },
    dispose: async () => undefined,
  };
  return { pool, asked };
}

const answering = ({ actions }: EpisodeState): PoolStep => {
  const last = actions.at(-1)?.text;
  if (last === undefined) return { done: false };
  return last.endsWith('=') ? { done: false, observation: '42', reward: 0.5 } : { done: true, reward: 0.25 };
};

const request = {
  samples: 2,
  key: 9,
  sampling: { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 16 },
  maxPromptTokens: 8,
  problems: [problem(0), problem(1)],
};

function collectorOf(turns: readonly string[], step = answering, maxTurns?: number) {
  const sampler = new ScriptedSampler(turns);
  const { pool, asked } = poolOf(step, maxTurns);
  const texts: string[][] = [];
  const rewards: RewardPool = {
    ...pool,
    grade: async (group) => {
      texts.push(group.map(({ text }) => text));
      return group.map(() => ({ value: 1, verdict: 'correct' }));
    },
  };
  return { ...testCollector({ sampler, rewards, environment: { pool } }), sampler, asked, texts };
}

describe('responses of several turns', () => {
  it('hold the tokens as sampled, with what the environment wrote between them', async () => {
    const { collector, sampler, texts } = collectorOf(['1+1=', '3.']);
    const { rollouts } = await collector.collect(request);
    expect(rollouts.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    for (const rollout of rollouts) {
      expect(tokenizer.decode(rollout.responseTokens)).toBe('1+1=423.');
      expect(rollout.text).toBe('1+1=423.');
      expect(rollout.segments).toEqual([
        { source: 'policy', length: 4 },
        { source: 'environment', length: 2 },
        { source: 'policy', length: 2 },
      ]);
      expect([...rollout.samplerLogprobs]).toEqual([-1, -2, -3, -4, -1, -2]);
      expect(rollout.stepRewards).toEqual([
        { token: 3, reward: 0.5 },
        { token: 5, reward: 0.25 },
      ]);
      expect(rollout.stopReason).toBe('stop');
    }
    expect(texts).toEqual([Array(2).fill('1+1=423.'), Array(2).fill('1+1=423.')]);
    const [first, second] = sampler.waves;
    expect(first?.map(({ count, key, settings }) => [count, key, settings.stop, settings.maxResponseTokens])).toEqual([
      [2, [9, 0], ['User:', '</answer>', '='], 16],
      [2, [9, 1], ['User:', '</answer>', '='], 16],
    ]);
    expect(second?.map(({ count, key, settings }) => [count, key, settings.maxResponseTokens])).toEqual(
      [0, 1, 2, 3].map((index) => [1, [9, 2 ** 31 + index * 4 + 1], 10]),
    );
    expect(second?.map(({ promptTokens }) => tokenizer.decode(promptTokens))).toEqual([
      '0+1=1+1=42',
      '0+1=1+1=42',
      '1+1=1+1=42',
      '1+1=1+1=42',
    ]);
  });

  it('are worth what the reward says and what the environment gave', async () => {
    const { collector } = collectorOf(['1+1=', '3.']);
    const { results } = await collector.collect({ ...request, problems: [problem(0)] });
    expect(results.map(({ value }) => value)).toEqual([1.75, 1.75]);
  });

  it('begin with the observation before the first turn, the same for a group', async () => {
    const { collector, sampler, asked } = collectorOf(['3.'], (state) =>
      state.actions.length === 0 ? { done: false, observation: `${state.problem.id.slice(1)}.` } : { done: true },
    );
    const { rollouts } = await collector.collect(request);
    expect(rollouts.map(({ text }) => text)).toEqual(['0.3.', '0.3.', '1.3.', '1.3.']);
    expect(rollouts[0]?.segments.map(({ source }) => source)).toEqual(['environment', 'policy']);
    expect(sampler.waves[0]?.map(({ settings }) => settings.maxResponseTokens)).toEqual([14, 14]);
    expect(asked.map(({ key }) => key.join())).toEqual(['9,0', '9,1', '9,1', '9,1', '9,0', '9,0']);
    expect(new Set(asked.map(({ episode }) => episode)).size).toBe(6);
  });

  it('end as cut at the limit of turns, of tokens, and where an observation leaves no room', async () => {
    const turn = collectorOf(['1=', '1=', '1='], answering, 2);
    const [cut] = (await turn.collector.collect(request)).rollouts;
    expect([cut?.text, cut?.stopReason, turn.sampler.waves.length]).toEqual(['1=421=', 'length', 2]);
    const token = collectorOf(['1='.repeat(9)]);
    const [long] = (await token.collector.collect(request)).rollouts;
    expect([long?.text, long?.stopReason, token.sampler.waves.length]).toEqual(['1='.repeat(8), 'length', 1]);
    const tight = { ...request, sampling: { ...request.sampling, maxResponseTokens: 6 } };
    const [full] = (await collectorOf(['1+1=']).collector.collect(tight)).rollouts;
    expect([full?.text, full?.stopReason, full?.segments.length]).toEqual(['1+1=', 'length', 1]);
  });

  it('end as cut where the environment was given up', async () => {
    const { collector } = collectorOf(['1='], ({ actions }) =>
      actions.length === 0 ? { done: false } : { done: 'gave-up' },
    );
    expect((await collector.collect(request)).rollouts[0]).toMatchObject({ text: '1=', stopReason: 'length' });
  });

  it('take token ids as they are, and refuse what the model does not have', async () => {
    const writing = (observation: string | Int32Array) =>
      collectorOf(['1=', '2.'], ({ actions }) =>
        actions.length === 1 ? { done: false, observation } : { done: actions.length > 1, observation: '' },
      ).collector.collect(request);
    const [rollout] = (await writing(Int32Array.of(4, 2))).rollouts;
    expect(rollout?.text).toBe('1=422.');
    for (const bad of [Int32Array.of(99), Int32Array.of(-1), 'hello'])
      await expect(writing(bad)).rejects.toMatchObject({ code: 'ORZ_ENVIRONMENT' });
    const { collector } = collectorOf(['1='], () => ({ done: false, observation: '1'.repeat(16) }));
    await expect(collector.collect(request)).rejects.toMatchObject({ code: 'ORZ_ENVIRONMENT', details: { value: 16 } });
  });

  it('are episodes of their own, whose numbers decide on nothing', async () => {
    const { collector, asked } = collectorOf(['1+1=', '3.', '1+1=', '3.']);
    const [first, second] = await Promise.all([0, 1].map(() => collectorOf(['1+1=', '3.']).collector.collect(request)));
    expect(second).toEqual(first);
    expect(await collector.collect(request)).toEqual(first);
    expect(await collector.collect(request)).toEqual(first);
    const begun = asked.filter(({ actions }) => actions.length === 1).map(({ episode }) => episode);
    expect([begun.length, new Set(begun).size]).toEqual([8, 8]);
  });

  it('need random numbers of their own for every turn', async () => {
    const { collector } = collectorOf([], answering, 2 ** 30);
    await expect(collector.collect(request)).rejects.toMatchObject({ code: 'ORZ_CONFIG_INVALID' });
  });

  it('fail with the error of a step', async () => {
    const { collector } = collectorOf(['1='], ({ actions }) => {
      if (actions.length > 0) throw new Error('broken');
      return { done: false };
    });
    await expect(collector.collect(request)).rejects.toThrow('broken');
  });
});
