import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Engine } from '../../../../core/contracts/engine.js';
import type { Completion, Sampler } from '../../../../core/contracts/sampler.js';
import { definePlugin, provide, type Plugin } from '../../../../core/plugin/define.js';
import { mul } from '../../../../core/compute/tensor/ops.js';
import { parityReward, run } from '../support.js';

/** The engine's sampler with its completions changed before anybody sees them. */
function changedSampler(
  change: (completions: Completion[], engine: Engine, call: number) => readonly Completion[],
  sync?: (number: number) => boolean,
): Plugin {
  let calls = 0,
    syncs = 0;
  const create = (engine: Engine): Sampler => {
    let version = -1;
    return {
      get version() {
        return version;
      },
      sync: async (policy) => {
        if (sync?.(syncs++) ?? true) version = await engine.sampler.sync(policy);
        return version;
      },
      sample: async (requests, options) => {
        // The engine's own check is satisfied: the guards of the loop are under test.
        await engine.sampler.sync(engine.policy);
        const completions = [...change(await engine.sampler.sample(requests), engine, calls++)];
        for (const completion of completions) options?.onDone?.(completion);
        return completions;
      },
    };
  };
  return definePlugin({
    name: 'changed-sampler',
    provides: [
      provide('sampler', 'changed', {
        description: 'for a test',
        settings: z.strictObject({}),
        create: () => ({ name: 'changed', create }),
      }),
    ],
  });
}

const runWith = (plugin: Plugin, config: object = {}) =>
  run({ plugins: [plugin], config: { sampler: 'changed', iterations: 3, ...config } });

describe('a sampler', () => {
  it('that skips one sync and says so is found at the sync', async () => {
    await expect(
      runWith(
        changedSampler(
          (c) => c,
          (number) => number !== 1,
        ),
      ),
    ).rejects.toMatchObject({
      code: 'ORZ_STALE_WEIGHTS',
      message: expect.stringContaining('After a sync the sampler is at weight version 1'),
    });
  });

  it('that hands out a completion of older weights is found before anything is learned', async () => {
    const old = changedSampler((completions, engine, call) =>
      completions.map((c, i) => ({
        ...c,
        weightVersion: call === 1 && i === 5 ? c.weightVersion - 1 : engine.policy.version,
      })),
    );
    await expect(runWith(old)).rejects.toMatchObject({
      code: 'ORZ_STALE_WEIGHTS',
      message: expect.stringMatching(
        /^Rollout 5 \(problem ".+"\) was drawn from weight version 0, the policy is at weight version 1/,
      ),
    });
  });

  it('that reports the right version but other log-probabilities is found by the gap', async () => {
    const wrong = changedSampler((completions) =>
      completions.map((c) => ({ ...c, logprobs: c.logprobs.map((x) => x - 0.6) })),
    );
    await expect(runWith(wrong)).rejects.toMatchObject({
      code: 'ORZ_SAMPLER_MISMATCH',
      details: { value: expect.closeTo(0.6, 3) },
    });
    const single = { policyScorePass: false, policyUpdateSteps: 1 };
    await expect(runWith(wrong, single)).rejects.toMatchObject({
      code: 'ORZ_SAMPLER_MISMATCH',
      details: { value: expect.closeTo(0.6, 3) },
    });
    await expect(runWith(wrong, { guards: { maxLogprobGap: 0.7 } })).resolves.toMatchObject({
      summary: { iterations: 3 },
    });
  });

  it('that forgets, repeats or invents a completion, or loses a log-probability, is found', async () => {
    const faults: readonly [RegExp, (c: Completion[]) => readonly Completion[]][] = [
      [/has 3 completions/, (c) => c.slice(1)],
      [/belongs to|has 5 completions/, (c) => [...c, c[0]!]],
      [/belongs to/, (c) => c.map((x, i) => (i === 1 ? { ...x, sample: 0 } : x))],
      [/sample 4 of request 0/, (c) => c.map((x, i) => (i === 1 ? { ...x, sample: 4 } : x))],
      [/request 9/, (c) => c.map((x, i) => (i === 1 ? { ...x, request: 9 } : x))],
      [
        /tokens and .* log-probabilities/,
        (c) => c.map((x, i) => (i === 1 ? { ...x, logprobs: x.logprobs.subarray(1) } : x)),
      ],
    ];
    for (const [message, change] of faults) {
      const training = changedSampler((completions, _, call) => (call === 1 ? change(completions) : completions));
      await expect(runWith(training), String(message)).rejects.toMatchObject({
        code: 'ORZ_GROUP',
        message: expect.stringMatching(message),
      });
    }
  });
});

describe('the canary', () => {
  const canary = { guards: { canary: true }, iterations: 4, rolloutBatchSize: 8 };

  it('sings through a healthy run: nothing moves', async () => {
    const { metrics, weights } = await run({ config: canary });
    expect(metrics.map((m) => [m['policyLearningRate'], m['criticLearningRate']])).toEqual(
      Array.from({ length: 4 }, () => [0, 0]),
    );
    expect([...weights.end!]).toEqual([...weights.start!]);
  });

  it('falls silent when an optimizer moves weights at learning rate 0', async () => {
    const decay = definePlugin({
      name: 'careless',
      provides: [
        provide('optimizer', 'careless', {
          description: 'forgets the learning rate',
          settings: z.strictObject({}),
          create: () => ({
            name: 'careless',
            settings: {},
            state: [],
            build: (_g, { parameter }) => ({ parameter: mul(parameter, 0.999), state: {} }),
          }),
        }),
      ],
    });
    await expect(run({ config: { ...canary, optimizer: 'careless' }, plugins: [decay] })).rejects.toMatchObject({
      code: 'ORZ_CANARY',
      message: expect.stringContaining('weights of the policy'),
    });
  });

  it('falls silent when log-probabilities or rewards move though the weights do not', async () => {
    let forwards = 0;
    const drift = {
      forward: (model: { role: string }, scores: { logprobs?: Float32Array }[]) => {
        if (model.role === 'policy')
          for (const { logprobs } of scores)
            logprobs!.forEach((x, t) => {
              logprobs![t] = x - 0.01 * forwards;
            });
        forwards++;
      },
    };
    await expect(run({ config: canary, interference: drift })).rejects.toMatchObject({
      code: 'ORZ_CANARY',
      message: expect.stringContaining('log-probability of a token'),
    });
    let groups = 0;
    const grade = (group: Parameters<typeof parityReward>[0]) =>
      parityReward(group).map((result) => ({ ...result, value: groups++ < 100 ? 0 : 1 }));
    await expect(run({ config: canary, grade })).rejects.toMatchObject({
      code: 'ORZ_CANARY',
      message: expect.stringContaining('mean reward'),
    });
  });
});
