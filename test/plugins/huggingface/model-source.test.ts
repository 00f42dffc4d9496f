import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleBase } from '../../../core/conformance/example-model.js';
import type { BaseModel, ModelSource } from '../../../core/contracts/model-source.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import { createRandom } from '../../../core/random.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { fetchRepository } from '../../../cli/platform/repositories.js';
import { createHuggingFaceModel, type ModelHost } from '../../../plugins/huggingface/model-source.js';
import { temporaryFolder } from '../../cli/temporary-folder.js';
import { writeExampleFolder } from '../../support/example-folder.js';
import { startHub, type HubServer, type ServedRepository } from '../../cli/platform/hub/hub-server.js';

const logged: string[] = [];
const context = {
  random: createRandom(1),
  events: {
    phase: () => ({ progress: () => undefined, end: () => undefined }),
    log: (_: string, message: string) => {
      logged.push(message);
    },
  },
  signal: new AbortController().signal,
};
const name = 'owner/example';
let sharded: Record<string, Buffer>;
let single: Record<string, Buffer>;
let cache: string;

const filesOf = (folder: string): Record<string, Buffer> =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));

beforeEach(async () => {
  single = filesOf(await writeExampleFolder(temporaryFolder()));
  sharded = filesOf(await writeExampleFolder(temporaryFolder(), {}, { maxShardBytes: 4000 }));
  cache = temporaryFolder();
  logged.length = 0;
});

const repository = (
  files: Record<string, Buffer | string>,
  more: Partial<ServedRepository> = {},
): ServedRepository => ({
  type: 'model',
  name,
  files,
  large: Object.keys(files).filter((file) => file.endsWith('.safetensors')),
  ...more,
});
const slowest = { minBytesPerSecond: 1, rateWindowMs: 60_000, listingMs: 60_000 };
const limits = { ...slowest, idleTimeoutMs: 60_000, retryDelayMs: 2, maxRetryDelayMs: 100 };
/** The Node platform with a hub of the test. */
const host = ({ endpoint }: HubServer, offline = false): ModelHost => ({
  ...createNodePlatform('.'),
  fetchRepository: (request) => fetchRepository(request, { endpoint, cache, offline, limits }),
});
const source = (hub: HubServer, offline = false): ModelSource =>
  createHuggingFaceModel({ path: name }, host(hub, offline));

async function tensorsOf(base: BaseModel): Promise<NamedTensor[]> {
  const tensors: NamedTensor[] = [];
  for await (const tensor of base.weights()) tensors.push(tensor);
  return tensors.sort((a, b) => a.name.localeCompare(b.name));
}

const fetched = (hub: HubServer): string[] =>
  hub.requests
    .filter(({ host, path }) => host === 'hub' && path.includes('/resolve/'))
    .map(({ path }) => path.split('/').at(-1)!)
    .sort();

describe('a model of the hub', () => {
  it('is described without its weights', async () => {
    const hub = await startHub(repository(single));
    const { config, tokenizer } = await source(hub).describe(context);
    expect([config, tokenizer.vocabSize]).toEqual([exampleBase().config, exampleBase().tokenizer.vocabSize]);
    expect(fetched(hub)).not.toContain('model.safetensors');
  });

  it.each([
    ['in one file', () => single],
    ['in shards', () => sharded],
  ])('with weights %s loads them, and nothing that it does not need', async (_, files) => {
    const hub = await startHub(
      repository({
        ...files(),
        'pytorch_model.bin': 'x',
        'model.gguf': 'x',
        'onnx/model.onnx': 'x',
        'README.md': 'x',
        'other.safetensors': 'x',
      }),
    );
    expect(await tensorsOf(await source(hub).load(context))).toEqual(await tensorsOf(exampleBase()));
    expect(fetched(hub)).toEqual(Object.keys(files()).sort());
    expect(logged).toEqual([expect.stringMatching(/^owner\/example at commit [0-9a-f]{40}$/)]);
  });

  it('that is in the cache loads offline; one whose weights are not is ORZ_HUB_UNREACHABLE', async () => {
    const hub = await startHub(repository(sharded));
    await source(hub).describe(context);
    await expect(source(hub, true).load(context)).rejects.toMatchObject({
      code: 'ORZ_HUB_UNREACHABLE',
      message: expect.stringMatching(/model-0000.-of-0000.\.safetensors of owner\/example .* is not in the cache/),
    });
    await source(hub).load(context);
    hub.requests.length = 0;
    expect(await tensorsOf(await source(hub, true).load(context))).toHaveLength(
      (await tensorsOf(exampleBase())).length,
    );
    expect(hub.requests).toEqual([]);
  });

  it('without weights in safetensors form, or without tokenizer.json, says how to make them', async () => {
    const { 'model.safetensors': _weights, ...unweighted } = single;
    const hub = await startHub(repository({ ...unweighted, 'pytorch_model.bin': 'x' }));
    await expect(source(hub).load(context)).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: expect.stringContaining('no weights in safetensors form'),
      details: { remedy: expect.stringContaining('save_pretrained') },
    });
    const { 'tokenizer.json': _tokenizer, ...mute } = single;
    const other = await startHub(repository(mute));
    await expect(source(other).describe(context)).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: expect.stringContaining('no tokenizer.json'),
      details: { remedy: expect.stringContaining('AutoTokenizer') },
    });
  });

  it.each([
    [
      'a shard that is not there',
      { weight_map: { a: 'model-00009-of-00009.safetensors' } },
      'ORZ_DATA_MISSING',
      'model-00009-of-00009.safetensors',
    ],
    ['a path out of the folder', { weight_map: { a: '../../../../etc/passwd' } }, 'ORZ_DATA_MISSING', 'passwd'],
    ['nothing', {}, 'ORZ_CHECKPOINT', 'does not say where the weights are'],
  ])('whose index names %s is %s', async (_, index, code, message) => {
    const hub = await startHub(repository({ ...sharded, 'model.safetensors.index.json': JSON.stringify(index) }));
    await expect(source(hub).load(context)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('a path', () => {
  it('of a folder wins over a name on the hub', async () => {
    const parent = temporaryFolder();
    await writeExampleFolder(parent);
    const hub = await startHub(repository(single));
    await createHuggingFaceModel({ path: join(parent, 'example') }, host(hub)).load(context);
    expect(hub.requests).toEqual([]);
  });

  it.each(['./none', '/none/none', '../none', 'a/b/c', 'C:\\none', 'none/'])(
    '%s that is no folder is ORZ_DATA_MISSING and never asked of the hub',
    async (path) => {
      await expect(createHuggingFaceModel({ path }, createNodePlatform('.')).load(context)).rejects.toMatchObject({
        code: 'ORZ_DATA_MISSING',
        details: { value: path },
      });
    },
  );

  it('of a folder has no revision', async () => {
    const parent = temporaryFolder();
    await writeExampleFolder(parent);
    const model = { path: join(parent, 'example'), revision: 'main' };
    await expect(createHuggingFaceModel(model, createNodePlatform('.')).load(context)).rejects.toMatchObject({
      code: 'ORZ_CONFIG_INVALID',
      details: { origin: 'model.revision' },
    });
  });

  it('cannot be opened where there are neither folders nor a hub', async () => {
    await expect(createHuggingFaceModel({ path: name }, {}).load(context)).rejects.toMatchObject({
      code: 'ORZ_CAPABILITY',
    });
  });
});
