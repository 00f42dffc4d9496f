import { describe, expect, it } from 'vitest';
import { exampleBase } from '../../../core/conformance/example-model.js';
import type { EngineDemands } from '../../../core/contracts/engine.js';
import type { Loss } from '../../../core/contracts/loss.js';
import { loraTargets } from '../../../core/compute/nn/lora.js';
import { mul, sum } from '../../../core/compute/tensor/ops.js';
import { extensions } from '../../../core/tinker/extensions.js';
import { refusalsOf, servedName } from '../../../plugins/engine-tinker/refusals.js';
import type { ServerName } from '../../../plugins/engine-tinker/servers.js';
import { tinkerSettings } from '../../../plugins/engine-tinker/settings.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';

const lora = { rank: 8, alpha: 32, targets: loraTargets };
const base = exampleBase();
const untied = { ...base, config: { ...base.config, tieWordEmbeddings: false } };
const tied = { ...base, config: { ...base.config, tieWordEmbeddings: true } };
const adam = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 };

/** What `orz-7b` asks for. */
const orz: EngineDemands = {
  roles: ['policy', 'critic'],
  losses: { policy: createPpoClip(), critic: createValueLoss() },
  optimizer: createAdamW(),
  maxGradNorm: 1,
  sampling: { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 64, stop: ['User:'] },
  evaluation: { temperature: 0, topP: 1, topK: 0, maxResponseTokens: 64, stop: ['User:'] },
  evaluationSets: {},
  modelName: 'models/one',
  signal: new AbortController().signal,
  describe: () => Promise.resolve(untied),
};

async function refused(server: ServerName, change: Partial<EngineDemands> = {}, settings: object = {}) {
  const parsed = tinkerSettings.parse({ url: 'http://localhost:1', server, ...settings });
  const announced = server === 'orz' ? { orz: { version: 1, extensions: [...extensions] } } : {};
  const capabilities = { models: [{ name: 'models/one', maxContext: 96 }], ...announced };
  const refusals = await refusalsOf({ ...orz, ...change }, parsed, capabilities);
  for (const { allowed, remedy } of refusals) {
    expect(allowed).not.toBe('');
    expect(remedy).toMatch(/\.$/);
  }
  return refusals.map(({ path }) => path);
}

const started = { startedWith: { ...adam, maxGradNorm: 1 } };
const group = { roles: ['policy'], losses: { policy: createPpoClip() } } as const;

describe('refusals', () => {
  it('are none where the server honours everything', async () => {
    expect(await refused('orz')).toEqual([]);
    expect(await refused('orz', { roles: ['policy', 'critic', 'reference'] })).toEqual([]);
    expect(await refused('orz', { sampling: { ...orz.sampling, temperature: 0.7 }, lora })).toEqual([]);
    expect(await refused('skyrl-fsdp', {}, started)).toEqual([]);
    expect(await refused('skyrl-jax', { ...group, lora, maxGradNorm: Infinity })).toEqual([]);
    expect(await refused('hosted', { ...group, lora })).toEqual([]);
    expect(await refused('orz', { modelName: '/home/me/models/one/' }, { baseModel: 'models/one' })).toEqual([]);
  });

  const entropic: Loss = { name: 'e', settings: {}, build: (_, t) => ({ loss: sum(mul(t.weights, t.entropy)) }) };
  it.each<[ServerName, Partial<EngineDemands>, object, string[]]>([
    ['orz', { modelName: 'models/two' }, {}, ['model']],
    ['orz', { modelName: 'others/one' }, {}, ['model']],
    ['orz', {}, { baseModel: 'models/two' }, ['engine.baseModel']],
    ['orz', { sampling: { ...orz.sampling, maxResponseTokens: 96 } }, {}, ['maxResponseTokens']],
    [
      'orz',
      { evaluationSets: { long: { ...orz.evaluation, maxResponseTokens: 96 }, short: orz.evaluation } },
      {},
      ['evaluation.sets.long.maxResponseTokens'],
    ],
    ['orz', { losses: { policy: entropic } }, {}, ['policyLoss']],
    ['orz', { optimizer: { ...createAdamW(), name: 'sgd' } }, {}, ['optimizer']],
    ['orz', { lora: { ...lora, alpha: 16 } }, {}, ['lora.alpha']],
    ['orz', { lora: { ...lora, targets: ['q_proj'] } }, {}, ['lora.targets']],
    ['orz', { dtypes: { weights: 'bf16', moments: 'bf16' } }, {}, ['dtypes.weights', 'dtypes.moments']],
    ['orz', { frozen: { embedding: true, blocks: 2 } }, {}, ['frozen.embedding', 'frozen.blocks']],
    ['skyrl-fsdp', {}, {}, ['engine.startedWith']],
    ['skyrl-fsdp', { maxGradNorm: 2 }, started, ['maxGradNorm']],
    ['skyrl-fsdp', { optimizer: createAdamW({ beta2: 0.99 }) }, started, ['optimizer.beta2']],
    ['skyrl-fsdp', { describe: () => Promise.resolve(tied) }, started, ['model']],
    ['skyrl-fsdp', { sampling: { ...orz.sampling, temperature: 0.5 } }, started, ['temperature']],
    ['skyrl-fsdp', { roles: ['policy', 'critic', 'reference'] }, started, ['kl']],
    ['skyrl-jax', {}, {}, ['advantage', 'maxGradNorm', 'lora.rank']],
    ['hosted', {}, {}, ['advantage', 'lora.rank']],
  ])('of %s are named, case %#', async (server, change, settings, paths) => {
    expect(await refused(server, change, settings)).toEqual(paths);
  });

  it('ask for the name of a server that does not tell what it is', async () => {
    const parsed = tinkerSettings.parse({ url: 'http://localhost:1' });
    const [refusal] = await refusalsOf(orz, parsed, { models: [] });
    expect(refusal).toMatchObject({ path: 'engine.server' });
    const [other] = await refusalsOf(orz, parsed, { models: [], orz: { version: 2, extensions: [] } });
    expect(other?.allowed).toMatch(/version 1/);
  });
});

it.each([
  ['Qwen/Qwen2.5-7B', ['Qwen/Qwen2.5-7B'], 'Qwen/Qwen2.5-7B'],
  ['Qwen/Qwen2.5-7B', ['Qwen2.5-7B'], undefined],
  ['/data/untied', ['untied'], 'untied'],
  ['./untied/', ['untied'], 'untied'],
  ['/data/untied', ['/data/untied'], '/data/untied'],
  ['/data/untied', ['tied'], undefined],
] as const)('the model %s among %j is %s', (wanted, names, expected) => {
  expect(servedName({ models: names.map((name) => ({ name })) }, wanted)).toBe(expected);
});
