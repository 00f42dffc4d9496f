import { describe, expect, it } from 'vitest';
import { inject, injectable, rootContainer } from '../../../core/container/inject.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import type { SingleSlot } from '../../../core/config/schema.js';
import { replacePart } from '../../../core/container/replacement.js';
import { createRunContainer } from '../../../core/container/run-container.js';
import type { Platform } from '../../../core/contracts/platform.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { contractTokens, type Slot } from '../../../core/contracts/contract-tokens.js';
import type { Collector } from '../../../core/contracts/loop.js';
import { createInjectionToken } from '../../../core/plugin/injection-token.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import type { Plugin } from '../../../core/plugin/define.js';
import { createRandom } from '../../../core/random.js';
import { completeValues, fakePlugin, fakePlugins, type FakeCreate } from '../config/fake-plugins.js';

const warnings: string[] = [];
const surroundings = {
  platform: {} as Platform,
  events: {
    log: (_level: string, message: string) => {
      warnings.push(message);
    },
  } as unknown as RunEvents,
  random: createRandom(1),
};

async function start(
  replace: Partial<Record<Slot, Plugin>>,
  options: { only?: SingleSlot[]; values?: Record<string, unknown> } = {},
) {
  const resolved = await resolveConfig(
    [{ label: 'whole', values: { ...completeValues, ...options.values } }],
    createRegistry(fakePlugins(replace)),
  );
  return createRunContainer({ resolved, ...surroundings, ...(options.only && { only: options.only }) });
}

/** A provider that writes down when it starts and ends. */
function recorded(log: string[], slot: Slot, requires: Slot[] = [], create: FakeCreate = () => ({})): Plugin {
  return fakePlugin(slot, slot === 'metrics' ? 'jsonl' : 'plain', {
    requires,
    create: async (settings, context) => {
      await Promise.resolve();
      log.push(`start ${slot}`);
      return {
        ...((await create(settings, context)) as object),
        name: slot,
        dispose: () => {
          log.push(`end ${slot}`);
        },
      };
    },
  });
}

describe('createRunContainer', () => {
  it('starts each part after those it requires, asynchronous ones too, and ends them in reverse order', async () => {
    const log: string[] = [];
    const run = await start({
      backend: recorded(log, 'backend'),
      model: recorded(log, 'model', ['backend']),
      engine: recorded(log, 'engine', ['model', 'backend']),
      metrics: recorded(log, 'metrics'),
    });
    expect(log).toEqual(['start backend', 'start model', 'start engine', 'start metrics']);
    await run.dispose();
    expect(log.slice(4)).toEqual(['end metrics', 'end engine', 'end model', 'end backend']);
    await run.dispose();
    expect(log).toHaveLength(8);
  });

  it('gives a provider its settings, what it requires, and the surroundings of the run', async () => {
    let seen: unknown[] = [];
    const create: FakeCreate = (settings, context) => {
      seen = [settings, context.get('kl').name, context.platform, context.random];
      return {};
    };
    const run = await start({ engine: recorded([], 'engine', ['kl'], create), kl: recorded([], 'kl') });
    expect(seen).toEqual([{}, 'kl', surroundings.platform, surroundings.random]);
    expect(run.get('engine')).toMatchObject({ name: 'engine' });
  });

  it('does not start the backend when nothing requires it', async () => {
    const log: string[] = [];
    const run = await start({ backend: recorded(log, 'backend'), engine: recorded(log, 'engine') });
    expect(log).toEqual(['start engine']);
    expect(() => run.get('backend')).toThrow(
      expect.objectContaining({ code: 'ORZ_PLUGIN_MISSING', details: expect.objectContaining({ value: 'backend' }) }),
    );
  });

  it('starts only the slots asked for and what they require', async () => {
    const log: string[] = [];
    const all = {
      backend: recorded(log, 'backend'),
      engine: recorded(log, 'engine', ['backend']),
      model: recorded(log, 'model'),
      metrics: recorded(log, 'metrics'),
    };
    const run = await start(all, { only: ['engine'] });
    expect(log).toEqual(['start backend', 'start engine']);
    expect(run.metrics).toEqual([]);
  });

  it('refuses a need that the plugin did not declare', async () => {
    await expect(
      start({ model: recorded([], 'model', [], (_settings, context) => context.get('backend')) }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: 'ORZ_PLUGIN_MISSING',
        message: "Plugin 'model-plain' asked for backend without declaring it",
      }),
    );
  });

  it('ends what had started when another part fails, and keeps the cause', async () => {
    const log: string[] = [];
    const cause = new Error('no device');
    const failing = recorded(log, 'engine', ['backend'], () => {
      throw cause;
    });
    await expect(start({ backend: recorded(log, 'backend'), engine: failing })).rejects.toThrow(
      expect.objectContaining({
        code: 'ORZ_PLUGIN_LOAD',
        message: expect.stringContaining("'engine-plain' failed to start its engine 'plain': Error: no device"),
        cause,
      }),
    );
    expect(log).toEqual(['start backend', 'start engine', 'end backend']);
  });

  it('ends every part even when one of them fails to end, then names it', async () => {
    const log: string[] = [];
    const stubborn = fakePlugin('engine', 'plain', {
      requires: ['backend'],
      create: () => ({ dispose: () => Promise.reject(new Error('busy')) }),
    });
    const run = await start({ backend: recorded(log, 'backend'), engine: stubborn });
    await expect(run.dispose()).rejects.toThrow("Could not dispose engine 'plain' of plugin 'engine-plain'");
    expect(log).toEqual(['start backend', 'end backend']);
  });

  it('starts every sink of the list, in order', async () => {
    const run = await start({}, { values: { metrics: ['jsonl', 'jsonl'] } });
    expect(run.metrics).toHaveLength(2);
  });
});

describe('resolve', () => {
  const note = createInjectionToken<string>('test/note');

  @injectable()
  class Reader {
    constructor(
      @inject(contractTokens.model.symbol) readonly model: unknown,
      @inject(note.symbol) readonly note: string,
    ) {}
  }

  it('makes a class from the started parts; the parts are shared, the class is not', async () => {
    const run = await start({});
    run.register(note, 'registered');
    const [first, second] = [run.resolve(Reader), run.resolve(Reader)];
    expect(first.model).toBe(run.get('model'));
    expect(second.model).toBe(first.model);
    expect(second).not.toBe(first);
    expect(first.note).toBe('registered');
  });

  it('keeps two runs apart, and registers nothing globally', async () => {
    const [a, b] = [await start({}), await start({})];
    for (const run of [a, b]) run.register(note, '');
    expect(a.resolve(Reader).model).not.toBe(b.resolve(Reader).model);
    expect(rootContainer.isRegistered(contractTokens.model.symbol)).toBe(false);
  });

  it('names the class and the parameter that no part of the run provides', async () => {
    const run = await start({}, { only: ['kl'] });
    expect(() => run.resolve(Reader)).toThrow(
      expect.objectContaining({
        code: 'ORZ_INTERNAL',
        message: expect.stringMatching(/Reader could not be made.*position #0/s),
      }),
    );
  });
});

describe('registerPart', () => {
  const token = createInjectionToken<Collector>('test/collector');
  class Builtin implements Collector {
    collect = async () => ({ rollouts: [], results: [] });
  }
  const withPlugins = async (...plugins: Plugin[]) => {
    const registry = createRegistry([...fakePlugins({}), ...plugins]);
    const resolved = await resolveConfig([{ label: 'whole', values: completeValues }], registry);
    const run = await createRunContainer({ resolved, ...surroundings });
    run.registerPart('collector', token, Builtin);
    return run;
  };

  it('makes the built-in part once where no plugin replaces it', async () => {
    const run = await withPlugins();
    expect(run.inject(token)).toBeInstanceOf(Builtin);
    expect(run.inject(token)).toBe(run.inject(token));
  });

  it('gives a plugin the built-in part and every token, and uses what it makes', async () => {
    const seen: unknown[] = [];
    class Replaced extends Builtin {}
    const replaced = new Replaced();
    const replaces = [
      replacePart('collector', ({ builtin, inject: find }) => {
        seen.push(builtin, find(contractTokens.kl));
        return replaced;
      }),
    ];
    const run = await withPlugins({ name: 'mine', provides: [], replaces });
    expect(run.inject(token)).toBeInstanceOf(Replaced);
    expect(run.inject(token)).toBe(run.inject(token));
    expect(seen).toEqual([expect.any(Builtin), run.get('kl')]);
  });

  it('names the plugin that fails to make its part', async () => {
    const fail = replacePart('collector', () => {
      throw new Error('no luck');
    });
    const run = await withPlugins({ name: 'mine', provides: [], replaces: [fail] });
    expect(() => run.inject(token)).toThrow(
      expect.objectContaining({
        code: 'ORZ_PLUGIN_LOAD',
        message: expect.stringMatching(/'mine'.*collector.*no luck/),
      }),
    );
  });

  it('refuses two plugins that replace the same part', () => {
    const replaces = [replacePart('collector', ({ builtin }) => builtin)];
    const plugins = ['a', 'b'].map((name) => ({ name, provides: [], replaces }));
    expect(() => createRegistry([...fakePlugins({}), ...plugins])).toThrow(
      expect.objectContaining({ code: 'ORZ_PLUGIN_DUPLICATE', message: expect.stringContaining("'a' and 'b'") }),
    );
  });
});
