import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { exampleBase } from '../../../../core/conformance/example-model.js';
import { createLocalEngine, localEngineSettings } from '../../../../core/compute/engine/local-engine.js';
import type { EngineFactory } from '../../../../core/contracts/engine.js';
import { decodeFailure } from '../../../../core/train/diagnostics/failure-file.js';
import { definePlugin, provide, type Plugin } from '../../../../core/plugin/define.js';
import { remoteEngine, type Distance, type SavedStates } from '../../../support/remote-engine.js';
import { run } from '../support.js';

/** The weights that the far side has: those of the client's model source, which hands out only a description. */
const withOwnWeights = (local: EngineFactory): EngineFactory => ({
  ...local,
  create: (request) =>
    local.create({ ...request, base: { ...request.base, weights: exampleBase(request.base.config).weights } }),
});

const farPlugin = (disk: SavedStates, distance: Distance): Plugin =>
  definePlugin({
    name: 'far',
    requires: ['backend'],
    provides: [
      provide('engine', 'far', {
        description: 'a local engine behind messages',
        settings: z.strictObject({}),
        create: (_, context) => {
          const local = createLocalEngine(localEngineSettings.parse({ maxSlots: 16 }), context.get('backend'));
          return remoteEngine(withOwnWeights(local), distance, disk).factory;
        },
      }),
    ],
  });

const far = (config: Readonly<Record<string, unknown>>, distance: Distance = {}) => {
  const disk: SavedStates = new Map();
  const plugins = [farPlugin(disk, distance)];
  return { disk, plugins, config: { engine: 'far', ...config } };
};

describe('a run whose engine keeps the models', () => {
  it('has references in its checkpoints, and removes what the engine keeps for those it removes', async () => {
    const { disk, ...options } = far({ iterations: 5, checkpoint: { every: 1, keep: 1, keepBest: 0 } });
    const { files } = await run(options);
    const names = [...files.keys()].filter((path) => path.endsWith('engine.json')).sort();
    expect(names).toEqual(['checkpoints/final/engine.json', 'checkpoints/iteration-000004/engine.json']);
    const references = names.map((path) => JSON.parse(Buffer.from(files.get(path)!).toString()) as object);
    for (const reference of references) {
      expect(Object.keys(reference)).toEqual(['policy', 'critic']);
      for (const path of Object.values(reference) as string[]) expect(disk.has(path)).toBe(true);
    }
    expect(disk.size).toBe(2);
    expect([...files.keys()].filter((path) => /safetensors/.test(path))).toEqual([]);
  });

  it('trains as with tensors at hand', async () => {
    const near = await run({ config: { engine: { type: 'local', maxSlots: 16 } } });
    const there = await run(far({}, { lost: 0.2 }));
    expect(there.metrics).toEqual(near.metrics);
  });

  it('is watched by the canary through its scores', async () => {
    const { metrics } = await run(far({ guards: { canary: true } }));
    expect(metrics).toHaveLength(2);
  });

  it('records a failure with the state of that moment', async () => {
    const { disk, ...options } = far({ policyLearningRate: 1, maxGradNorm: 1e30 });
    const burst = definePlugin({
      name: 'burst',
      provides: [
        provide('advantage', 'burst', {
          description: 'advantages whose gradient overflows',
          settings: z.strictObject({}),
          create: () => ({
            name: 'burst',
            needsCritic: false,
            estimate: ({ tokenRewards }) => ({
              advantages: tokenRewards.map((row) => row.map(() => 3e38)),
              returns: tokenRewards.map((row) => row.slice()),
            }),
          }),
        }),
      ],
    });
    let record = '';
    const failing = run(
      {
        plugins: [...options.plugins, burst],
        config: { ...options.config, advantage: 'burst', criticUpdateSteps: 0, whitenAdvantages: false },
      },
      ({ files }) => {
        record = Buffer.from(files.get('failures/iteration-1.json')!).toString();
      },
    );
    await expect(failing).rejects.toMatchObject({ code: 'ORZ_NOT_FINITE' });
    const { state, weights } = decodeFailure(record, 'record');
    expect(weights).toBeNull();
    expect(disk.has(state!['policy']!)).toBe(true);
  });
});
