import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { leafValues, type Layer } from '../../../core/config/layers.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { completeValues, fakePlugin, fakePlugins, gaeSettings, lazily } from './fake-plugins.js';

const registry = createRegistry(fakePlugins());
const preset: Layer = { label: 'preset whole', values: completeValues };
const resolve = (...layers: Layer[]) => resolveConfig([preset, ...layers], registry);
const file = (values: Record<string, unknown>): Layer => ({ label: 'orz.config.ts', values });
const error = (code: string, details: Record<string, unknown>, message?: string) =>
  expect.objectContaining({
    code,
    details: expect.objectContaining(details),
    ...(message === undefined ? {} : { message: expect.stringContaining(message) }),
  });

describe('resolveConfig', () => {
  it('fills in the defaults of the schema and of the chosen providers', async () => {
    const { config } = await resolve();
    expect(config.advantage).toEqual({ type: 'gae', gamma: 1, lambda: 1 });
    expect(config.evaluation.problems).toBe(2048);
    expect(config.metrics).toEqual([{ type: 'jsonl' }]);
  });

  it('knows where every value of the result came from', async () => {
    const { config, origins } = await resolve(file({ advantage: { lambda: 0.9 } }), {
      label: '--set seed=9',
      values: { seed: 9 },
    });
    expect([...origins.keys()].sort()).toEqual(
      leafValues(config)
        .map(([path]) => path)
        .sort(),
    );
    expect(origins.get('seed')).toBe('--set seed=9');
    expect(origins.get('iterations')).toBe('preset whole');
    expect(origins.get('advantage.lambda')).toBe('orz.config.ts');
    expect(origins.get('advantage.gamma')).toBe('default of plugin advantage-gae');
    expect(origins.get('grading.workers')).toBe('default');
  });

  it('tells what a layer says about a sink from what its plugin adds', async () => {
    const jsonl = fakePlugin('metrics', 'jsonl', { settings: z.strictObject({ file: z.string().default('out') }) });
    const { origins } = await resolveConfig(
      [preset, file({ metrics: ['jsonl'] })],
      createRegistry(fakePlugins({ metrics: jsonl })),
    );
    expect([origins.get('metrics.0.type'), origins.get('metrics.0.file')]).toEqual([
      'orz.config.ts',
      'default of plugin metrics-jsonl',
    ]);
    const unstated = await resolveConfig([preset], createRegistry(fakePlugins({ metrics: jsonl })));
    expect([unstated.origins.get('metrics.0.type'), unstated.origins.get('metrics.0.file')]).toEqual([
      'default',
      'default of plugin metrics-jsonl',
    ]);
  });

  it('hands out each chosen provider with its checked settings', async () => {
    const { slots, metrics } = await resolve(file({ advantage: { lambda: 0.9 } }));
    expect(slots.get('advantage')).toMatchObject({
      plugin: { name: 'advantage-gae' },
      settings: { gamma: 1, lambda: 0.9 },
    });
    expect(metrics.map(({ provider }) => provider.type)).toEqual(['jsonl']);
  });

  it('gives plain JSON, so that a run folder can keep it', async () => {
    const { config } = await resolve();
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });

  it('imports only the plugins that are chosen', async () => {
    const imported: string[] = [];
    const plugins = [...fakePlugins(), fakePlugin('advantage', 'other')].map((plugin) =>
      lazily(plugin, () => imported.push(plugin.name)),
    );
    await resolveConfig([preset], createRegistry(plugins));
    expect(imported).toHaveLength(13);
    expect(imported).not.toContain('advantage-other');
  });

  it('starts no provider', async () => {
    const create = () => {
      throw new Error('started');
    };
    await expect(
      resolveConfig([preset], createRegistry(fakePlugins({ model: fakePlugin('model', 'plain', { create }) }))),
    ).resolves.toBeDefined();
  });
});

describe('an unknown key', () => {
  it('at the top is named with its layer, the nearest key and all keys', async () => {
    await expect(resolve(file({ rolloutBatchsize: 8 }))).rejects.toThrow(
      error(
        'ORZ_CONFIG_UNKNOWN_KEY',
        {
          value: 8,
          origin: 'orz.config.ts',
          remedy: "Did you mean 'rolloutBatchSize'?",
          allowed: expect.arrayContaining(['seed', 'rolloutBatchSize']),
        },
        "'rolloutBatchsize'",
      ),
    );
  });

  it('in a nested object is named with its full path', async () => {
    await expect(resolve({ label: '--set grading.worker=2', values: { grading: { worker: 2 } } })).rejects.toThrow(
      error(
        'ORZ_CONFIG_UNKNOWN_KEY',
        {
          value: 2,
          origin: '--set grading.worker=2',
          remedy: "Did you mean 'grading.workers'?",
          allowed: ['workers', 'timeoutMs'],
        },
        "'grading.worker'",
      ),
    );
  });

  it('in the settings of a slot is checked against the chosen provider', async () => {
    await expect(resolve(file({ advantage: { lamda: 0.9 } }))).rejects.toThrow(
      error(
        'ORZ_CONFIG_UNKNOWN_KEY',
        {
          value: 0.9,
          origin: 'orz.config.ts',
          remedy: "Did you mean 'advantage.lambda'?",
          allowed: ['gamma', 'lambda'],
        },
        "'advantage.lamda'",
      ),
    );
  });

  it('is an error also when the provider declares its settings with z.object', async () => {
    const loose = createRegistry(
      fakePlugins({ advantage: fakePlugin('advantage', 'gae', { settings: z.object(gaeSettings.shape) }) }),
    );
    await expect(resolveConfig([preset, file({ advantage: { lamda: 0.9 } })], loose)).rejects.toThrow(
      error('ORZ_CONFIG_UNKNOWN_KEY', { value: 0.9 }),
    );
  });

  it.each(['__proto__', 'constructor', 'toString'])('named %s is reported like any other', async (key) => {
    await expect(resolve(file(JSON.parse(`{"${key}": 1}`) as Record<string, unknown>))).rejects.toThrow(
      error('ORZ_CONFIG_UNKNOWN_KEY', { value: 1 }, `'${key}'`),
    );
  });

  it('in an entry of the metrics is named with its position', async () => {
    await expect(resolve(file({ metrics: ['jsonl', { type: 'jsonl', fil: 'x' }] }))).rejects.toThrow(
      error('ORZ_CONFIG_UNKNOWN_KEY', { value: 'x', origin: 'orz.config.ts' }, "'metrics.1.fil'"),
    );
  });
});

describe('an invalid value', () => {
  it.each([
    [{ iterations: 0 }, 'iterations', 0, 'integer, at least 1'],
    [{ iterations: 2.5 }, 'iterations', 2.5, 'integer, at least 1'],
    [{ iterations: '10' }, 'iterations', '10', 'integer, at least 1'],
    [{ seed: -1 }, 'seed', -1, 'integer, at least 0, at most 4294967295'],
    [{ temperature: 0 }, 'temperature', 0, 'number, above 0, at most 5'],
    [{ topP: 1.5 }, 'topP', 1.5, 'number, above 0, at most 1'],
    [{ policyLearningRate: -1 }, 'policyLearningRate', -1, 'number, above 0'],
    [{ lossAggregation: 'mean' }, 'lossAggregation', 'mean', '"token-mean", "sequence-mean", "packed-row-mean"'],
    [{ whitenAdvantages: 'yes' }, 'whitenAdvantages', 'yes', 'true or false'],
    [{ plugins: 'mine.ts' }, 'plugins', 'mine.ts', 'a list'],
    [{ evaluation: { every: -5 } }, 'evaluation.every', -5, 'integer, at least 0'],
    [{ advantage: { lambda: 1.1 } }, 'advantage.lambda', 1.1, 'number, at least 0, at most 1'],
    [{ advantage: 3 }, 'advantage', 3, 'a provider'],
    [{ metrics: { 0: 'jsonl' } }, 'metrics', { 0: 'jsonl' }, 'a list'],
  ])('%j is named with path, value, range and layer', async (values, path, value, allowed) => {
    await expect(resolve(file(values))).rejects.toThrow(
      error(
        'ORZ_CONFIG_INVALID',
        {
          value,
          allowed: expect.stringContaining(allowed),
          origin: 'orz.config.ts',
          remedy: expect.stringContaining(path),
        },
        `'${path}'`,
      ),
    );
  });

  it.each([NaN, Infinity])('%s is no number to train with', async (value) => {
    await expect(resolve(file({ policyLearningRate: value }))).rejects.toThrow(
      error('ORZ_CONFIG_INVALID', { origin: 'orz.config.ts' }, "'policyLearningRate'"),
    );
  });

  it('that no layer states is called missing', async () => {
    await expect(
      resolveConfig([{ label: 'preset part', values: { ...completeValues, iterations: undefined } }], registry),
    ).rejects.toThrow(
      error(
        'ORZ_CONFIG_INVALID',
        {
          value: undefined,
          origin: 'no layer states it',
          remedy: expect.stringContaining('--set iterations='),
        },
        "'iterations' is missing",
      ),
    );
  });

  it('as the type of a slot lists the known types and the nearest', async () => {
    await expect(resolve(file({ advantage: 'gea' }))).rejects.toThrow(
      error('ORZ_PLUGIN_UNKNOWN', {
        value: 'gea',
        allowed: ['gae'],
        origin: 'orz.config.ts',
        remedy: "Did you mean 'gae'?",
      }),
    );
  });

  it('as the backend has a code of its own', async () => {
    await expect(resolve({ label: '--set backend=cuda', values: { backend: 'cuda' } })).rejects.toThrow(
      error('ORZ_BACKEND_UNKNOWN', { value: 'cuda', allowed: ['plain'], origin: '--set backend=cuda' }),
    );
  });
});
