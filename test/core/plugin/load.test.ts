import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pluginApiVersion } from '../../../core/plugin/define.js';
import { incompatiblePlugin } from '../../../core/plugin/errors.js';
import { loadPlugin } from '../../../core/plugin/load.js';
import { fakePlugin } from '../config/fake-plugins.js';

const plugin = fakePlugin('reward', 'mine', { requires: ['backend'] });
const load = (module: unknown) => loadPlugin('./mine.ts', () => Promise.resolve(module));
const provider = plugin.provides[0]!;
const withProvider = (change: Record<string, unknown>) => ({
  default: { name: 'mine', provides: [{ ...provider, ...change }] },
});

describe('loadPlugin', () => {
  it('takes the default export', async () => {
    await expect(load({ default: plugin })).resolves.toBe(plugin);
  });
  it('takes the default export of a CommonJS module seen through import', async () => {
    await expect(load({ default: { default: plugin } })).resolves.toBe(plugin);
  });
  it('takes a module that is the plugin itself', async () => {
    await expect(load(plugin)).resolves.toBe(plugin);
  });

  it('says which plugin could not be imported and why, and keeps the cause', async () => {
    const cause = new SyntaxError('Unexpected token');
    await expect(loadPlugin('./mine.ts', () => Promise.reject(cause))).rejects.toThrow(
      expect.objectContaining({
        code: 'ORZ_PLUGIN_LOAD',
        message: "Plugin './mine.ts' could not be loaded: Unexpected token",
        cause,
        details: expect.objectContaining({ value: './mine.ts', remedy: expect.stringContaining('path') }),
      }),
    );
  });

  it.each([
    [
      'a member of the module',
      {
        get provides() {
          throw new Error('do not look');
        },
      },
    ],
    [
      'a member of the plugin',
      {
        default: {
          ...plugin,
          get name() {
            throw new Error('do not look');
          },
        },
      },
    ],
  ])('refuses %s that cannot be read', async (_what, module) => {
    await expect(load(module)).rejects.toMatchObject({
      code: 'ORZ_PLUGIN_INVALID',
      message: "Plugin './mine.ts' is not valid: it cannot be read: do not look",
    });
  });

  it.each([
    ['nothing', {}, './mine.ts', 'default export must be an object made by definePlugin'],
    ['a function', { default: () => 1 }, './mine.ts', 'default export must be an object made by definePlugin'],
    ['no name', { default: { provides: plugin.provides } }, './mine.ts', 'name must be a text'],
    ['a name with spaces', { default: { ...plugin, name: 'my plugin' } }, 'my plugin', 'name must be letters'],
    ['no providers', { default: { name: 'mine' } }, 'mine', 'provides'],
    [
      'an empty list of providers',
      { default: { name: 'mine', provides: [] } },
      'mine',
      'provides must hold at least one',
    ],
    ['an unknown slot', withProvider({ slot: 'rewards' }), 'mine', 'not "rewards" (did you mean reward?)'],
    ['a slot that every object has', withProvider({ slot: 'constructor' }), 'mine', 'provides.0.slot must be one of'],
    ['no type', withProvider({ type: undefined }), 'mine', 'provides.0.type must be a text'],
    ['no description', withProvider({ description: '' }), 'mine', 'provides.0.description must be one line'],
    [
      'settings that are no zod object',
      withProvider({ settings: { clip: 0.2 } }),
      'mine',
      'provides.0.settings must be a zod 4 object',
    ],
    [
      'settings of another kind',
      withProvider({ settings: z.string() }),
      'mine',
      'provides.0.settings must be a zod 4 object',
    ],
    ['no create', withProvider({ create: 'later' }), 'mine', 'provides.0.create must be a function'],
    [
      'a need that is no slot',
      { default: { ...plugin, requires: ['gpu'] } },
      'reward-mine',
      'requires.0 must be one of',
    ],
    [
      'a need for sinks',
      { default: { ...plugin, requires: ['metrics'] } },
      'reward-mine',
      'requires cannot name metrics',
    ],
  ])('rejects %s, naming plugin and field', async (_what, module, name, problem) => {
    await expect(load(module)).rejects.toThrow(
      expect.objectContaining({
        code: 'ORZ_PLUGIN_INVALID',
        message: expect.stringContaining(
          `Plugin '${name}' is not valid: ${problem.startsWith('not') ? 'provides.0.slot' : problem}`,
        ),
        details: expect.objectContaining({ origin: './mine.ts' }),
      }),
    );
    await expect(load(module)).rejects.toThrow(problem);
  });

  it.each([
    ['this version of the plugin API', { apiVersion: pluginApiVersion }],
    ['no version of the plugin API', {}],
  ])('takes a plugin that states %s', async (_what, version) => {
    const module = { default: { ...plugin, ...version } };
    await expect(load(module)).resolves.toBe(module.default);
  });

  it.each([
    ['newer', pluginApiVersion + 1, /^Update open-reasoner-zero, or install a version of the plugin for/],
    ['older', pluginApiVersion - 1, /^Update the plugin to a version for/],
  ])('refuses a plugin for a version of the plugin API that is %s', (_what, apiVersion, remedy) => {
    const error = incompatiblePlugin('reward-mine', apiVersion, './mine.ts');
    const ours = `this open-reasoner-zero has ${pluginApiVersion}`;
    expect(error).toMatchObject({
      code: 'ORZ_PLUGIN_INVALID',
      message: `Plugin 'reward-mine' is written for plugin API ${apiVersion}, but ${ours}`,
      details: { value: apiVersion, allowed: String(pluginApiVersion), origin: './mine.ts' },
    });
    expect(error.details.remedy).toMatch(remedy);
  });
  it('checks the version before the shape, which may be what has changed', async () => {
    const module = { default: { name: 'later', apiVersion: pluginApiVersion + 1, supplies: [] } };
    await expect(load(module)).rejects.toThrow(incompatiblePlugin('later', pluginApiVersion + 1, './mine.ts').message);
  });

  it.each([0, 1.5, -1, '1', null, NaN])(
    'refuses the version %j of the plugin API, which is none',
    async (apiVersion) => {
      await expect(load({ default: { ...plugin, apiVersion } })).rejects.toThrow(
        expect.objectContaining({
          code: 'ORZ_PLUGIN_INVALID',
          message: "Plugin 'reward-mine' is not valid: apiVersion must be a whole number, at least 1",
        }),
      );
    },
  );
});
