import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Advantage } from '../../../../core/contracts/advantage.js';
import type { TrainingSequence } from '../../../../core/contracts/model.js';
import { definePlugin, provide, type Plugin } from '../../../../core/plugin/define.js';
import { parityReward, run, type Call, type FinishedRun } from '../support.js';

const accumulations = (calls: readonly Call[], role: string): TrainingSequence[][] =>
  calls.flatMap((c) => (c.kind === 'accumulate' && c.role === role ? [[...c.sequences]] : []));
const steps = (calls: readonly Call[], role: string) =>
  calls.flatMap((c) => (c.kind === 'step' && c.role === role ? [c] : []));
const key = (s: { readonly tokens: Int32Array }): string => s.tokens.join();
const identity = (sequences: readonly { readonly tokens: Int32Array }[]): string[] => sequences.map(key).sort();
/** Samples drawn for training: those before the first and after the last iteration are evaluations. */
const trainingRounds = (r: FinishedRun): string[][] =>
  r.completions.slice(1, -1).map((completions) => completions.map((c) => c.tokens.join()));
const response = (s: TrainingSequence): string => s.tokens.subarray(s.promptLength).join();
/** All numbers of the rows, in order. */
const flat = (rows: readonly (readonly number[] | Float32Array)[]): number[] => rows.flatMap((row) => [...row]);

describe('an iteration', () => {
  it('samples, scores under the weights that sampled, updates the critic, then the policy, then syncs', async () => {
    const { calls } = await run({ config: { iterations: 2, criticUpdateSteps: 2 } });
    const told = calls.map((c) => ('role' in c ? `${c.kind} ${c.role}` : c.kind));
    const iteration = [
      'sample',
      'forward policy',
      'forward critic',
      'accumulate critic',
      'step critic',
      'accumulate critic',
      'step critic',
      'accumulate policy',
      'step policy',
      'sync',
    ];
    expect(told).toEqual(['sync', 'sample', ...iteration, ...iteration, 'sample']);
  });

  it.each([
    [1, 3],
    [2, 5],
    [5, 12],
  ])(
    'uses every rollout once in %i policy steps and once in %i critic steps',
    async (policyUpdateSteps, criticUpdateSteps) => {
      const r = await run({ config: { iterations: 1, policyUpdateSteps, criticUpdateSteps } });
      const scored = r.calls.find((c) => c.kind === 'forward') as Call & { kind: 'forward' };
      expect(scored.sequences).toHaveLength(12);
      for (const [role, updates] of [
        ['policy', policyUpdateSteps],
        ['critic', criticUpdateSteps],
      ] as const) {
        const parts = accumulations(r.calls, role);
        expect(parts).toHaveLength(updates);
        expect(steps(r.calls, role)).toHaveLength(updates);
        expect(identity(parts.flat())).toEqual(identity(scored.sequences));
        const sizes = parts.map((part) => part.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    },
  );

  it('trains on token ids exactly as sampled, prompt in front', async () => {
    const r = await run({ config: { iterations: 1 } });
    expect(accumulations(r.calls, 'policy').flat().map(response).sort()).toEqual(trainingRounds(r)[0]!.sort());
  });

  it('shuffles mini-batches anew each iteration, the same way for one seed', async () => {
    const order = async (seed: number): Promise<string[][]> => {
      const r = await run({ config: { seed, iterations: 2 } });
      const scored = r.calls.flatMap((c) =>
        c.kind === 'forward' && c.role === 'critic' ? [c.sequences.map(key)] : [],
      );
      const parts = accumulations(r.calls, 'critic').map((part) => part.map(key));
      return scored.map((all, i) =>
        parts
          .slice(3 * i, 3 * i + 3)
          .flat()
          .map((k) => String(all.indexOf(k))),
      );
    };
    const [a, again] = [await order(3), await order(3)];
    expect(again).toEqual(a);
    expect(a[0]).not.toEqual(a[1]);
    expect(a[0]).not.toEqual([...a[0]!].sort((x, y) => Number(x) - Number(y)));
  });

  it('weighs tokens so that each step is one mean, as configured', async () => {
    for (const lossAggregation of ['token-mean', 'sequence-mean', 'packed-row-mean']) {
      const r = await run({ config: { iterations: 1, criticUpdateSteps: 2, lossAggregation, packedRowTokens: 80 } });
      for (const part of [...accumulations(r.calls, 'critic'), ...accumulations(r.calls, 'policy')]) {
        expect(flat(part.map((s) => s.weights)).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        if (lossAggregation === 'token-mean') expect(new Set(flat(part.map((s) => s.weights))).size).toBe(1);
        if (lossAggregation === 'sequence-mean')
          for (const s of part) expect(s.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1 / part.length, 5);
      }
    }
  });

  it('raises each learning rate over its own warm-up, counted in its own steps, and clips to the limit', async () => {
    const { calls, metrics } = await run({
      config: {
        iterations: 3,
        criticUpdateSteps: 2,
        policyWarmupSteps: 2,
        criticWarmupSteps: 4,
        policyLearningRate: 0.01,
        criticLearningRate: 0.02,
        maxGradNorm: 0.75,
      },
    });
    expect(steps(calls, 'policy').map((s) => s.learningRate)).toEqual([0.005, 0.01, 0.01]);
    expect(steps(calls, 'critic').map((s) => s.learningRate)).toEqual([0.005, 0.01, 0.015, 0.02, 0.02, 0.02]);
    expect([...steps(calls, 'policy'), ...steps(calls, 'critic')].every((s) => s.maxGradNorm === 0.75)).toBe(true);
    expect(metrics.map((m) => [m['policyLearningRate'], m['criticLearningRate']])).toEqual([
      [0.005, 0.01],
      [0.01, 0.02],
      [0.01, 0.02],
    ]);
  });

  it('lowers the learning rate of the policy alone, if it is set to', async () => {
    const { calls } = await run({
      config: {
        iterations: 3,
        policyUpdateSteps: 2,
        policyWarmupSteps: 1,
        criticWarmupSteps: 0,
        policyLearningRate: 0.04,
        policyDecaySteps: 4,
        policyFinalLearningRate: 0.02,
        criticLearningRate: 0.02,
      },
    });
    const rates = steps(calls, 'policy').map((s) => s.learningRate);
    [0.04, 0.035, 0.03, 0.025, 0.02, 0.02].forEach((rate, i) => {
      expect(rates[i]).toBeCloseTo(rate, 12);
    });
    expect(new Set(steps(calls, 'critic').map((s) => s.learningRate))).toEqual(new Set([0.02]));
  });
});

describe('rewards and advantages', () => {
  const raw = { whitenAdvantages: false, iterations: 1 };
  /** Reward of each rollout by its response, as graded. */
  const rewardsOf = (r: FinishedRun): Map<string, number> => {
    const completions = r.completions[1]!;
    return new Map(
      completions.map((c) => [
        `${c.request} ${c.sample} ${c.tokens.join()}`,
        parityReward([
          {
            index: c.request * 4 + c.sample,
            problem: { id: '', prompt: '', answer: '' },
            text: c.text,
            stopReason: c.stopReason,
            responseLength: c.tokens.length,
          },
        ])[0]!.value,
      ]),
    );
  };

  it('with gamma = lambda = 1 returns equal the reward, advantages the reward minus the value', async () => {
    const r = await run({ config: raw });
    const rewards = [...rewardsOf(r)].map(([name, reward]) => [name.split(' ')[2]!, reward] as const);
    const trained = accumulations(r.calls, 'policy').flat();
    expect(trained).toHaveLength(12);
    for (const s of trained) {
      const returns = [...new Set(s.inputs.returns)];
      expect(returns).toHaveLength(1);
      expect(rewards.filter(([text]) => text === response(s)).map(([, reward]) => reward)).toContain(returns[0]);
      expect(flat([s.inputs.advantages!])).toEqual(
        flat([s.inputs.returns!.map((x, t) => x - s.inputs.oldValues![t]!)]),
      );
    }
    expect(r.metrics[0]!['reward']).toBeCloseTo(rewards.reduce((sum, [, x]) => sum + x, 0) / 12, 6);
  });

  it('whitened advantages have mean 0 and deviation 1 over all response tokens, and keep their order', async () => {
    const [plain, whitened] = [
      await run({ config: raw }),
      await run({ config: { ...raw, whitenAdvantages: true } }),
    ].map((r) =>
      flat(
        accumulations(r.calls, 'policy')
          .flat()
          .map((s) => s.inputs.advantages!),
      ),
    );
    const mean = whitened!.reduce((a, b) => a + b, 0) / whitened!.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(whitened!.reduce((sum, x) => sum + (x - mean) ** 2, 0) / whitened!.length).toBeCloseTo(1, 4);
    plain!.forEach((x, i) =>
      plain!.forEach((y, j) =>
        expect(Math.sign(x - y) * Math.sign(whitened![i]! - whitened![j]!)).toBeGreaterThanOrEqual(0),
      ),
    );
  });

  it('shuffled rewards are the same ones in another order, and metrics still tell the true ones', async () => {
    const returns = async (config: object): Promise<{ inOrder: Map<string, number>; r: FinishedRun }> => {
      const r = await run({ config: { ...raw, ...config } });
      return {
        r,
        inOrder: new Map(
          accumulations(r.calls, 'policy')
            .flat()
            .map((s) => [key(s), s.inputs.returns![0]!]),
        ),
      };
    };
    const [honest, shuffled, again] = [
      await returns({}),
      await returns({ shuffleRewards: true }),
      await returns({ shuffleRewards: true }),
    ];
    expect([...shuffled.inOrder.values()].sort()).toEqual([...honest.inOrder.values()].sort());
    expect([...shuffled.inOrder]).not.toEqual([...honest.inOrder]);
    expect([...again.inOrder]).toEqual([...shuffled.inOrder]);
    for (const name of ['reward', 'passAtG']) expect(shuffled.r.metrics[0]![name]).toBe(honest.r.metrics[0]![name]);
  });

  it.each([
    ['group', { divideByStd: false }],
    ['group', {}],
    ['rloo', {}],
  ] as const)(
    'the advantage %s %o runs without a critic and compares the samples of one prompt',
    async (type, settings) => {
      const r = await run({
        config: { ...raw, iterations: 2, advantage: { type, ...settings }, criticUpdateSteps: 0 },
      });
      expect(r.requests.map((request) => request.critic)).toEqual([false]);
      expect(r.calls.some((c) => 'role' in c && c.role === 'critic')).toBe(false);
      expect(r.metrics.map((m) => [m['valueLoss'], m['criticGradNorm'], m['explainedVariance']])).toEqual([
        [null, null, null],
        [null, null, null],
      ]);
      const rewards = [...rewardsOf(r).entries()];
      const trained = accumulations(r.calls, 'policy')[0]!;
      for (let p = 0; p < 3; p++) {
        const group = rewards.slice(4 * p, 4 * p + 4),
          mean = group.reduce((sum, [, x]) => sum + x, 0) / 4;
        const std = Math.sqrt(group.reduce((sum, [, x]) => sum + (x - mean) ** 2, 0) / 4);
        for (const [name, reward] of group) {
          const expected =
            std === 0
              ? 0
              : type === 'rloo'
                ? ((reward - mean) * 4) / 3
                : (reward - mean) / ('divideByStd' in settings ? 1 : std);
          const advantages = trained
            .filter((s) => response(s) === name.split(' ')[2])
            .map((s) => s.inputs.advantages![0]!);
          expect(
            advantages.some((a) => Math.abs(a - expected) < 1e-6),
            `${advantages.join()} for ${expected}`,
          ).toBe(true);
        }
      }
    },
  );
});

describe('the reference model', () => {
  it('exists only if a KL regulariser asks for it', async () => {
    for (const [kl, wanted] of [
      ['none', false],
      ['loss', true],
      ['penalty', true],
    ] as const) {
      const r = await run({ config: { kl, iterations: 1 } });
      expect(r.requests.map((request) => request.reference)).toEqual([wanted]);
      expect(r.calls.some((c) => c.kind === 'forward' && c.role === 'reference')).toBe(wanted);
      expect(
        accumulations(r.calls, 'policy')
          .flat()
          .every((s) => (s.inputs.refLogprobs !== undefined) === wanted),
      ).toBe(true);
      expect(r.metrics[0]!['kl'] === null).toBe(!wanted);
    }
  });

  it('stays where the policy began: the distance is zero at first and grows', async () => {
    const r = await run({
      config: { kl: { type: 'loss', coefficient: 0.05 }, iterations: 3, policyLearningRate: 0.05 },
    });
    expect(Math.abs(r.metrics[0]!['kl'] as number)).toBeLessThan(1e-6);
    expect(Math.abs(r.metrics[2]!['kl'] as number)).toBeGreaterThan(1e-3);
    expect(r.metrics[2]!['klLoss']).toBeGreaterThan(1e-6);
    expect(r.calls.some((c) => 'role' in c && c.role === 'reference' && c.kind !== 'forward')).toBe(false);
  });

  it('a penalty is taken from the reward of every token and so lowers the returns', async () => {
    const coefficient = 0.5;
    const r = await run({
      config: {
        kl: { type: 'penalty', coefficient, estimator: 'k1' },
        iterations: 3,
        policyLearningRate: 0.05,
        whitenAdvantages: false,
      },
    });
    const last = accumulations(r.calls, 'policy').at(-1)!;
    for (const s of last) {
      const { returns, oldLogprobs, refLogprobs } = s.inputs as Record<
        'returns' | 'oldLogprobs' | 'refLogprobs',
        Float32Array
      >;
      // With gamma = lambda = 1 two neighbouring returns differ by the reward of the token between them: the penalty
      // alone.
      for (let t = 0; t + 1 < returns.length; t++)
        expect(returns[t]! - returns[t + 1]!).toBeCloseTo(-coefficient * (oldLogprobs[t]! - refLogprobs[t]!), 5);
    }
    expect(r.metrics[2]!['klPenalty']).not.toBe(0);
  });
});

const advantagePlugin = (advantage: Advantage): Plugin =>
  definePlugin({
    name: 'test-advantage',
    provides: [
      provide('advantage', advantage.name, {
        description: 'for a test',
        settings: z.strictObject({}),
        create: () => advantage,
      }),
    ],
  });
const broken = (advantage: number, ret = 0): Advantage => ({
  name: 'broken',
  needsCritic: false,
  estimate: ({ tokenRewards }) => ({
    advantages: tokenRewards.map((row, b) => row.map((_, t) => (b === 5 && t === 1 ? advantage : 0.5))),
    returns: tokenRewards.map((row, b) => row.map((_, t) => (b === 2 && t === 0 ? ret : 0))),
  }),
});

describe('a number that is not finite ends the run before any parameter changes', () => {
  async function expectStop(options: Parameters<typeof run>[0], code: string, message: RegExp): Promise<void> {
    let watched: Pick<FinishedRun, 'weights' | 'files' | 'calls'> | undefined;
    await expect(
      run({ ...options, config: { iterations: 1, ...options?.config } }, (w) => {
        watched = w;
      }),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(watched!.calls.some((c) => c.kind === 'step')).toBe(false);
    expect([...watched!.weights.end!]).toEqual([...watched!.weights.start!]);
    expect(
      [...watched!.files.keys()].some(
        (path) => path.includes('final') || path === 'metrics.jsonl' || path === 'summary.json',
      ),
    ).toBe(false);
  }

  it('a reward of the third sample of a problem', async () => {
    let groups = 0;
    const grade = (group: Parameters<typeof parityReward>[0]) =>
      parityReward(group).map((result, i) => (++groups > 4 && i === 2 ? { ...result, value: Number.NaN } : result));
    await expectStop({ grade }, 'ORZ_NOT_FINITE', /^The reward of problem "arithmetic\/train\/\d+", sample 2 is NaN/);
  });

  it('a log-probability, a value, a log-probability of the reference', async () => {
    for (const [role, name, message] of [
      ['policy', 'logprobs', /^log-probability of rollout 7 is NaN at response token 3/],
      ['critic', 'values', /^value of rollout 7 is NaN/],
      ['reference', 'logprobs', /^reference log-probability of rollout 7 is NaN/],
    ] as const) {
      await expectStop(
        {
          config: { kl: 'loss' },
          interference: {
            forward: (model, scores) => {
              if (model.role === role) scores[7]![name]![Math.min(3, scores[7]![name]!.length - 1)] = Number.NaN;
            },
          },
        },
        'ORZ_NOT_FINITE',
        role === 'policy' ? /^log-probability of rollout 7 is NaN at response token/ : message,
      );
    }
  });

  it('an advantage or a return, whitened or not', async () => {
    for (const whitenAdvantages of [true, false]) {
      const config = { advantage: 'broken', criticUpdateSteps: 0, whitenAdvantages };
      await expectStop(
        { config, plugins: [advantagePlugin(broken(Infinity))] },
        'ORZ_NOT_FINITE',
        /^advantage of rollout 5 is Infinity at response token 1/,
      );
      await expectStop(
        { config, plugins: [advantagePlugin(broken(1, Number.NaN))] },
        'ORZ_NOT_FINITE',
        /^return of rollout 2 is NaN at response token 0/,
      );
    }
  });
});

describe('a run whose parts break their contracts ends', () => {
  it('when a sampler skips one sync', async () => {
    await expect(
      run({ config: { iterations: 3 }, interference: { sync: (number) => number !== 1 } }),
    ).rejects.toMatchObject({ code: 'ORZ_STALE_WEIGHTS', message: expect.stringContaining('weight version') });
  });

  it('when a reward gives too few results', async () => {
    await expect(run({ grade: (group) => parityReward(group).slice(1) })).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
    });
  });

  it('when a reward throws', async () => {
    await expect(
      run({
        grade: () => {
          throw new Error('reward is broken');
        },
      }),
    ).rejects.toThrow('reward is broken');
  });
});

describe('one seed', () => {
  it('gives the same run, another seed another', async () => {
    const [a, again, b] = [
      await run({ config: { seed: 5 } }),
      await run({ config: { seed: 5 } }),
      await run({ config: { seed: 6 } }),
    ];
    expect(again.metrics).toEqual(a.metrics);
    // The events of TensorBoard carry the time of day.
    const untimed = ([path]: [string, unknown]) => !path.startsWith('tensorboard/');
    expect([...again.files].filter(untimed)).toEqual([...a.files].filter(untimed));
    expect(b.completions[1]!.map((c) => c.text)).not.toEqual(a.completions[1]!.map((c) => c.text));
  });
});
