import { describe, expect, it } from 'vitest';
import type { Slot } from '../../../core/contracts/contract-tokens.js';
import { definePlugin } from '../../../core/plugin/define.js';
import { createRegistry, startOrder, type FoundProvider } from '../../../core/plugin/registry.js';
import { without } from '../../../core/plugin/without.js';
import { fakePlugin, lazily } from '../config/fake-plugins.js';

const thrown = (code: string, message: string, details: Record<string, unknown> = {}) =>
  expect.objectContaining({
    code,
    message: expect.stringContaining(message),
    details: expect.objectContaining(details),
  });

describe('createRegistry', () => {
  it('finds a provider with the plugin it belongs to', async () => {
    const plugin = fakePlugin('reward', 'mine');
    await expect(createRegistry([plugin]).find('reward', 'mine')).resolves.toEqual({
      plugin,
      provider: plugin.provides[0],
    });
  });

  it('imports a plugin when it is first asked for, and once', async () => {
    let imports = 0;
    const registry = createRegistry([lazily(fakePlugin('reward', 'mine'), () => imports++)]);
    expect(registry.types('reward')).toEqual(['mine']);
    expect(imports).toBe(0);
    await registry.find('reward', 'mine');
    await registry.find('reward', 'mine');
    expect(imports).toBe(1);
  });

  it('lists all plugins and their types', async () => {
    const registry = createRegistry([
      lazily(fakePlugin('reward', 'b')),
      fakePlugin('reward', 'a'),
      fakePlugin('kl', 'none'),
    ]);
    expect(registry.names).toEqual(['without', 'reward-b', 'reward-a', 'kl-none']);
    expect(registry.types('reward')).toEqual(['a', 'b']);
    expect((await registry.all()).map(({ provider }) => provider.type)).toEqual([
      ...without.provides.map(() => 'none'),
      ...['b', 'a', 'none'],
    ]);
  });

  it('rejects two plugins of one name', () => {
    expect(() =>
      createRegistry([fakePlugin('reward', 'a', { name: 'mine' }), fakePlugin('kl', 'b', { name: 'mine' })]),
    ).toThrow(thrown('ORZ_PLUGIN_DUPLICATE', "named 'mine'", { value: 'mine' }));
  });

  it('rejects two providers of one type in a slot, naming both plugins', () => {
    expect(() =>
      createRegistry([
        lazily(fakePlugin('reward', 'math', { name: 'first' })),
        fakePlugin('reward', 'math', { name: 'second' }),
      ]),
    ).toThrow(thrown('ORZ_PLUGIN_DUPLICATE', "'first' and 'second' both provide reward 'math'"));
  });

  it('allows one type name in two slots', () => {
    expect(() => createRegistry([fakePlugin('reward', 'same'), fakePlugin('kl', 'same')])).not.toThrow();
  });

  it('rejects a plugin that requires a slot nobody fills, naming both', async () => {
    const needy = fakePlugin('reward', 'judge', { requires: ['engine'] });
    const missing = thrown('ORZ_PLUGIN_MISSING', "'reward-judge' requires engine", {
      value: 'engine',
      allowed: [...without.provides.map(({ slot }) => slot), 'reward'],
    });
    expect(() => createRegistry([needy])).toThrow(missing);
    await expect(createRegistry([lazily(needy)]).find('reward', 'judge')).rejects.toThrow(missing);
  });

  it('rejects a malformed plugin by its name', () => {
    expect(() => createRegistry([{ name: 'broken', provides: [] }])).toThrow(
      thrown('ORZ_PLUGIN_INVALID', "'broken' is not valid: provides"),
    );
  });

  it('rejects a lazy plugin that provides something else than it is registered with', async () => {
    const lazy = { ...lazily(fakePlugin('reward', 'math')), slots: { reward: ['maths'] } };
    await expect(createRegistry([lazy]).find('reward', 'maths')).rejects.toThrow(
      thrown('ORZ_PLUGIN_INVALID', "registered with reward 'maths' but 'reward-math' provides reward 'math'"),
    );
  });

  it('lists the known types and the nearest for an unknown one', async () => {
    const registry = createRegistry([fakePlugin('reward', 'math'), fakePlugin('reward', 'judge')]);
    await expect(registry.find('reward', 'meth', 'orz.config.ts')).rejects.toThrow(
      thrown('ORZ_PLUGIN_UNKNOWN', "no reward 'meth'", {
        allowed: ['judge', 'math'],
        origin: 'orz.config.ts',
        remedy: "Did you mean 'math'?",
      }),
    );
    await expect(registry.find('backend', 'tpu')).rejects.toThrow(
      thrown('ORZ_BACKEND_UNKNOWN', "no backend 'tpu'", { allowed: [] }),
    );
  });
});

describe('startOrder', () => {
  const chosen = (...plugins: ReturnType<typeof fakePlugin>[]) =>
    new Map<Slot, FoundProvider>(
      plugins.map((plugin) => [plugin.provides[0]!.slot, { plugin, provider: plugin.provides[0]! }]),
    );

  it('puts what a plugin requires before it, each once', () => {
    const map = chosen(
      fakePlugin('engine', 'e', { requires: ['backend', 'model'] }),
      fakePlugin('model', 'm', { requires: ['backend'] }),
      fakePlugin('backend', 'b'),
      fakePlugin('kl', 'k'),
    );
    expect(startOrder(map, [...map.keys()])).toEqual(['backend', 'model', 'engine', 'kl']);
  });

  it('starts only what the roots need', () => {
    const map = chosen(
      fakePlugin('engine', 'e', { requires: ['backend'] }),
      fakePlugin('backend', 'b'),
      fakePlugin('kl', 'k'),
    );
    expect(startOrder(map, ['kl'])).toEqual(['kl']);
    expect(startOrder(map, ['engine'])).toEqual(['backend', 'engine']);
  });

  it('names every member of a circle with its plugin', () => {
    const map = chosen(
      fakePlugin('engine', 'e', { requires: ['model'] }),
      fakePlugin('model', 'm', { requires: ['sampler'] }),
      fakePlugin('sampler', 's', { requires: ['engine'] }),
    );
    expect(() => startOrder(map, ['model'])).toThrow(
      thrown(
        'ORZ_PLUGIN_CYCLE',
        "model (plugin 'model-m') → sampler (plugin 'sampler-s') → " +
          "engine (plugin 'engine-e') → model (plugin 'model-m')",
      ),
    );
  });

  it('names the plugin that requires a slot which was not chosen', () => {
    expect(() => startOrder(chosen(fakePlugin('engine', 'e', { requires: ['backend'] })), ['engine'])).toThrow(
      thrown('ORZ_PLUGIN_MISSING', "'engine-e' requires backend", { value: 'backend' }),
    );
  });

  it('does not let a plugin with two providers wait for itself', () => {
    const parts = [fakePlugin('backend', 'x').provides[0]!, fakePlugin('engine', 'x').provides[0]!];
    const plugin = definePlugin({ name: 'both', requires: ['backend'], provides: parts });
    const map = new Map<Slot, FoundProvider>(parts.map((provider) => [provider.slot, { plugin, provider }]));
    expect(startOrder(map, ['engine', 'backend'])).toEqual(['backend', 'engine']);
  });
});
