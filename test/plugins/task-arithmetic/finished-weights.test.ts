import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { createModelCache } from '../../../cli/platform/model-cache.js';
import { gatherConfig } from '../../../cli/config/gather.js';
import { createRunContainer } from '../../../core/container/run-container.js';
import type { ModelCache } from '../../../core/contracts/model-cache.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import type { Platform } from '../../../core/contracts/platform.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { bytesFolder } from '../../../core/model-files/bytes-folder.js';
import { createRandom } from '../../../core/random.js';
import { shippedWeights } from '../../../plugins/task-arithmetic/shipped-weights.js';
import { temporaryFolder } from '../../cli/temporary-folder.js';

/** What was said, and the phases that were begun. */
let said: string[] = [];
const events: RunEvents = {
  phase: (name) => {
    said.push(name);
    return { progress: () => undefined, end: () => undefined };
  },
  log: (level, message) => {
    said.push(`${level}: ${message}`);
  },
};
let cache: ModelCache;

beforeEach(() => {
  said = [];
  cache = createModelCache(temporaryFolder());
});

const reference = ['backend=reference'];
const tiny = [...reference, 'model.steps=2', 'model.tokensPerStep=64', 'model.layers=1', 'model.hiddenSize=24'];

/** Loads the base model of a run of orz-tiny with these settings. */
async function load(
  set: readonly string[],
  changes: Partial<Platform> = {},
  signal = new AbortController().signal,
): Promise<NamedTensor[]> {
  const { resolved } = await gatherConfig({ config: false, preset: ['orz-tiny'], set }, '.');
  const platform = { ...createNodePlatform(temporaryFolder()), modelCache: cache, ...changes };
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({ resolved, platform, events, random, only: ['model'] });
  try {
    const { weights } = await container.get('model').load({ random, events, signal });
    const tensors: NamedTensor[] = [];
    for await (const { name, shape, data } of weights()) tensors.push({ name, shape, data: data.slice() });
    return tensors;
  } finally {
    await container.dispose();
  }
}

const training = 'training the base model';
const byName = (tensors: readonly NamedTensor[]): Map<string, NamedTensor> => new Map(tensors.map((t) => [t.name, t]));

describe('the weights in the package', () => {
  it.each(Object.entries(shippedWeights.sha256))('%s has the hash that was written down', async (name, hash) => {
    const folder = createNodePlatform('.').packageFolder?.(shippedWeights.folder);
    const file = await folder?.read(`${name}.safetensors`);
    expect(
      createHash('sha256')
        .update(file ?? '')
        .digest('hex'),
    ).toBe(hash);
  });

  it('are the base model of the default settings, on any backend, without training', async () => {
    const weights = await load(reference);
    expect(said).toEqual(['info: base model: the one that comes with this package']);
    expect(weights.reduce((n, { data }) => n + data.length, 0)).toBe(200_480);
  });

  it('that are damaged are said so, and not used', async () => {
    const folder = bytesFolder('package', { 'arithmetic-base.safetensors': Uint8Array.of(1) });
    const loading = load(reference, { packageFolder: () => folder }, AbortSignal.abort(new Error('enough seen')));
    await expect(loading).rejects.toThrow('enough seen');
    expect(said).toEqual([
      'warn: the base model that comes with this package is damaged in package; another is made',
      training,
    ]);
  });
});

describe('a base model with settings or a seed of its own', () => {
  it('is trained once and kept: a later run has the same bits', async () => {
    const made = await load(tiny);
    expect(said).toEqual([training, `info: base model: made, and kept for later runs in ${cache.location}`]);
    said = [];
    const found = await load(tiny);
    expect(said).toEqual([`info: base model: made by an earlier run, from ${cache.location}`]);
    expect(byName(found)).toEqual(byName(made));
  });

  it.each([['seed=2'], ['model.steps=3'], ['optimizer.beta2=0.9'], ['engine.rowTokens=32']])(
    'is another one with %s',
    async (setting) => {
      await load(tiny);
      said = [];
      await load([...tiny, setting]);
      expect(said[0]).toBe(training);
    },
  );

  it('is made anew where what was kept is damaged, with one line that says so', async () => {
    const made = await load(tiny);
    said = [];
    const again = await load(tiny, { modelCache: { ...cache, find: () => Promise.resolve('damaged') } });
    expect(said.slice(0, 2)).toEqual([
      `warn: the base model kept in ${cache.location} was damaged; it is made anew`,
      training,
    ]);
    expect(byName(again)).toEqual(byName(made));
  });

  it('is used even where it cannot be kept', async () => {
    await load(tiny, { modelCache: { ...cache, keep: () => Promise.reject(new Error('disk full')) } });
    expect(said).toEqual([training, 'warn: base model: made, but not kept for later runs: disk full']);
  });
});
