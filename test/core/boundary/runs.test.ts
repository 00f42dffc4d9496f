import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { add, mul, sum } from '../../../core/compute/tensor/ops.js';
import { replacePart, type ReplacementContext } from '../../../core/container/replacement.js';
import type { Slot } from '../../../core/contracts/contract-tokens.js';
import type { LoopParts } from '../../../core/contracts/loop.js';
import type { Loss } from '../../../core/contracts/loss.js';
import type { MetricSink } from '../../../core/contracts/metric-sink.js';
import { definePlugin, provide, type Plugin, type ProviderContext } from '../../../core/plugin/define.js';
import { runTokens } from '../../../core/train/loop/run-tokens.js';
import { run } from '../train/support.js';

/** Whole runs with one misbehaving plugin, which the error must name. */

const small = {
  iterations: 1,
  rolloutBatchSize: 2,
  samplesPerPrompt: 2,
  criticUpdateSteps: 1,
  evaluation: { every: 0, problems: 1 },
  guards: { hookSeconds: 1, workSeconds: 2 },
};

const settings = z.strictObject({});

function providing(slot: Slot, create: (context: ProviderContext) => unknown): Promise<unknown> {
  const provider = provide(slot, 'evil', {
    description: 'for a test',
    settings,
    create: (_, context) => create(context) as never,
  });
  const config = { ...small, ...(slot === 'metrics' ? { metrics: ['evil'] } : { [slot]: 'evil' }) };
  return failureOf([definePlugin({ name: 'evil', provides: [provider] })], config);
}

function replacing<P extends keyof LoopParts>(
  part: P,
  create: (context: ReplacementContext<P>) => unknown,
): Promise<unknown> {
  const replaces = [replacePart(part, (context: ReplacementContext<P>) => create(context) as LoopParts[P])];
  return failureOf([definePlugin({ name: 'evil', provides: [], replaces })], small);
}

const failureOf = (plugins: readonly Plugin[], config: Readonly<Record<string, unknown>>): Promise<unknown> =>
  run({ plugins, config }).then(
    () => 'the run ended well',
    (error: unknown) => error,
  );

const namesEvil = (code: string, words: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(words) });

const sink = (more: Partial<Record<keyof MetricSink, unknown>>) =>
  providing('metrics', () => ({ name: 'evil', record: () => undefined, ...more }));
const loss = (build: Loss['build']) => providing('policyLoss', () => ({ name: 'evil', settings: {}, build }));
const never = () => new Promise(() => undefined);

describe('a run ends and names the plugin', () => {
  it('whose advantages have a surplus row', async () => {
    const estimate = ({ tokenRewards }: { tokenRewards: Float32Array[] }) => ({
      advantages: [...tokenRewards.map((row) => row.slice()), new Float32Array(3).fill(1000)],
      returns: tokenRewards.map((row) => row.slice()),
    });
    const failure = await providing('advantage', () => ({ name: 'evil', needsCritic: false, estimate }));
    expect(failure).toEqual(
      namesEvil('ORZ_PLUGIN_FAILED', /^Plugin 'evil' returned advantages: an array of 5, in estimate of its advantage/),
    );
    expect(failure).toMatchObject({ details: { allowed: 'an array of 4' } });
  });

  it('whose sink hangs, changes what others see, or keeps what JSON cannot hold', async () => {
    expect(await sink({ record: never })).toEqual(
      namesEvil('ORZ_PLUGIN_FAILED', /did not finish record of its .* 1 s/),
    );
    const change = (metrics: Record<string, unknown>) => {
      metrics['reward'] = 7;
    };
    expect(await sink({ record: change })).toEqual(namesEvil('ORZ_PLUGIN_FAILED', /'evil' threw in record/));
    const state = { state: () => ({ n: 1n }), restore: () => undefined };
    expect(await sink(state)).toEqual(namesEvil('ORZ_PLUGIN_FAILED', /returned n: the BigInt 1, in state/));
    expect(await sink({ dispose: never })).toEqual(
      namesEvil('ORZ_PLUGIN_LOAD', /dispose metrics 'evil' of plugin 'evil'/),
    );
  });

  it('whose loss or metric of a loss is not finite, before anything is updated', async () => {
    const sound: Loss['build'] = (_, t) => ({ loss: sum(mul(t.weights, t.logprobs)) });
    const metric = await loss((g, t) => ({ ...sound(g, t), metrics: { odd: g.scalar(NaN) } }));
    expect(metric).toEqual(namesEvil('ORZ_PLUGIN_FAILED', /metrics.odd of policyLoss 'evil' of plugin 'evil': NaN/));
    const whole = await loss((g, t) => ({ loss: add(sound(g, t).loss, g.scalar(NaN)) }));
    expect(whole).toEqual(namesEvil('ORZ_NOT_FINITE', /from policyLoss 'evil' of plugin 'evil'/));
    const taken = await loss((g, t) => ({ ...sound(g, t), metrics: { reward: g.scalar(0) } }));
    expect(taken).toEqual(namesEvil('ORZ_PLUGIN_INVALID', /"reward", and that name is taken/));
  });

  it('that waits for ever where nothing else can go on', async () => {
    expect(await providing('data', () => ({ name: 'evil', open: never }))).toEqual(
      namesEvil('ORZ_PLUGIN_FAILED', /did not finish open of its data 'evil' in 2 s/),
    );
    expect(await replacing('collector', () => ({ collect: never }))).toEqual(
      namesEvil('ORZ_PLUGIN_FAILED', /did not finish collect of its collector of the loop in 2 s/),
    );
  });

  it('whose part of the loop returns what the next one cannot use, or changes what it was lent', async () => {
    const short = await replacing('scorer', ({ builtin }) => ({
      score: async (...args: Parameters<typeof builtin.score>) => {
        const scored = await builtin.score(...args);
        return { ...scored, entropy: scored.entropy!.slice(1) };
      },
    }));
    expect(short).toEqual(
      namesEvil('ORZ_PLUGIN_FAILED', /'evil' returned entropy: an array of 3, in score of its scorer/),
    );
    const changed = await replacing('scorer', ({ builtin }) => ({
      score: (...[graded, iteration]: Parameters<typeof builtin.score>) => {
        graded.rollouts[0]?.responseTokens.fill(1);
        return builtin.score(graded, iteration);
      },
    }));
    expect(changed).toEqual(namesEvil('ORZ_PLUGIN_FAILED', /'evil' changed what it was given, in score/));
  });

  it('that assigns to what it may inject', async () => {
    const assigned = await replacing('recorder', ({ builtin, inject }) => ({
      record: (...args: Parameters<typeof builtin.record>) => {
        (inject(runTokens.progress) as { iteration: number }).iteration = NaN;
        return builtin.record(...args);
      },
      recordEvaluation: (...args: Parameters<typeof builtin.recordEvaluation>) => builtin.recordEvaluation(...args),
    }));
    expect(assigned).toEqual(namesEvil('ORZ_PLUGIN_FAILED', /'evil' threw in record of its recorder/));
  });

  it('leaves a fault of a built-in part to that part', async () => {
    const grade = () => [];
    const through = replacePart('collector', ({ builtin }) => ({ collect: (request) => builtin.collect(request) }));
    const plugins = [definePlugin({ name: 'innocent', provides: [], replaces: [through] })];
    await expect(run({ plugins, grade, config: small })).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
      message: expect.not.stringContaining('innocent'),
    });
  });
});
