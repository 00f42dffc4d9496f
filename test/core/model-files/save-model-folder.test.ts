import { tensorsOf } from '../../../core/model-files/model-tensors.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectTensors, exampleBase, untiedDecoder } from '../../../core/conformance/example-model.js';
import type { Backend } from '../../../core/contracts/backend.js';
import type { ModelDescription } from '../../../core/contracts/model-source.js';
import type { Model } from '../../../core/contracts/model.js';
import type { Storage } from '../../../core/contracts/storage.js';
import { OrzError } from '../../../core/errors.js';
import { describeModelFolder, loadModelFolder } from '../../../core/model-files/model-folder.js';
import { decodeNumbers, encodeNumbers } from '../../../core/model-files/number-formats.js';
import { saveModelFolder, type ExportOptions } from '../../../core/model-files/save-model-folder.js';
import { storageFolder } from '../../../core/model-files/storage-folder.js';
import { fixtureFolder } from '../../fixtures/checkpoints/fixtures.js';
import { createEngine, startReference } from '../compute/engine/support.js';
import { memoryStorage } from '../train/support.js';

let backend: Backend;
beforeAll(async () => {
  backend = await startReference();
});
afterAll(() => backend.dispose());

async function withModels<T>(use: (policy: Model, critic: Model) => Promise<T>): Promise<T> {
  const { policy, critic, dispose } = await createEngine(
    backend,
    {},
    { base: exampleBase(untiedDecoder), critic: true },
  );
  try {
    return await use(policy, critic!);
  } finally {
    await dispose();
  }
}

const description: ModelDescription = exampleBase(untiedDecoder);
const saved = async (
  options: ExportOptions,
  role: 'policy' | 'critic' = 'policy',
  about: ModelDescription = description,
): Promise<Map<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  await withModels((policy, critic) =>
    saveModelFolder(memoryStorage(files), 'x', role === 'policy' ? policy : critic, { ...about, ...options }),
  );
  return files;
};
const jsonIn = (files: ReadonlyMap<string, Uint8Array>, name: string): unknown =>
  JSON.parse(new TextDecoder().decode(files.get(`x/${name}`)));

describe('saveModelFolder', () => {
  it('writes the files that transformers looks for', async () => {
    const files = await saved({});
    expect([...files.keys()].sort()).toEqual(
      ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map(
        (name) => `x/${name}`,
      ),
    );
    expect(jsonIn(files, 'config.json')).toMatchObject({
      architectures: ['Qwen2ForCausalLM'],
      torch_dtype: 'float32',
      eos_token_id: [19, 20],
    });
    expect(jsonIn(files, 'generation_config.json')).toEqual({ eos_token_id: [19, 20] });
    expect(jsonIn(files, 'tokenizer_config.json')).toMatchObject({
      tokenizer_class: 'PreTrainedTokenizerFast',
      eos_token: '<end>',
    });
  });

  it.each(['bf16', 'f16'] as const)('writes the nearest numbers in %s', async (dtype) => {
    const storage = memoryStorage(await saved({ dtype })),
      loaded = await collectTensors((await loadModelFolder(storageFolder(storage, 'x'))).weights());
    for (const [name, data] of await collectTensors(exampleBase(untiedDecoder).weights())) {
      const nearest = new Float32Array(data.length),
        place = { tensor: name, from: 0, origin: '' };
      decodeNumbers(encodeNumbers(data, dtype, place), dtype, nearest, place);
      expect(loaded.get(name), name).toEqual(nearest);
    }
    expect(jsonIn(await saved({ dtype }), 'config.json')).toMatchObject({
      torch_dtype: dtype === 'bf16' ? 'bfloat16' : 'float16',
    });
  });

  it('splits the weights into shards of at most the given size, with an index', async () => {
    const maxShardBytes = 5000,
      files = await saved({ maxShardBytes });
    const index = jsonIn(files, 'model.safetensors.index.json') as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    const shards = [...files.keys()].filter((name) => name.endsWith('.safetensors'));
    expect(shards).toEqual(shards.map((_, i) => `x/model-0000${i + 1}-of-0000${shards.length}.safetensors`));
    expect(shards.length).toBeGreaterThan(3);
    expect(new Set(Object.values(index.weight_map))).toEqual(new Set(shards.map((name) => name.slice(2))));
    for (const name of shards) expect(files.get(name)!.length).toBeLessThan(maxShardBytes + 1500);
    const weights = await collectTensors(exampleBase(untiedDecoder).weights());
    expect(index.metadata.total_size).toBe([...weights.values()].reduce((n, { byteLength }) => n + byteLength, 0));
    expect(await collectTensors((await loadModelFolder(storageFolder(memoryStorage(files), 'x'))).weights())).toEqual(
      weights,
    );
  });

  it('gives a tensor that is larger than a shard a shard of its own', async () => {
    const files = await saved({ maxShardBytes: 1 }),
      names = Object.keys((jsonIn(files, 'model.safetensors.index.json') as { weight_map: object }).weight_map);
    expect([...files.keys()].filter((name) => name.endsWith('.safetensors'))).toHaveLength(names.length);
  });

  it('saves a critic as a token classifier with one label, which is read back as the same critic', async () => {
    const files = await saved({}, 'critic');
    expect(jsonIn(files, 'config.json')).toMatchObject({
      architectures: ['Qwen2ForTokenClassification'],
      id2label: { 0: 'value' },
    });
    const header = new TextDecoder().decode(files.get('x/model.safetensors')!.subarray(0, 6000));
    expect(header).toContain('"score.weight":{"dtype":"F32","shape":[1,18]');
    expect(header).toContain('"score.bias":{"dtype":"F32","shape":[1]');
    const folder = storageFolder(memoryStorage(files), 'x');
    const [loaded, original] = [
      await collectTensors((await loadModelFolder(folder, 'value')).weights()),
      await withModels((_, critic) => collectTensors(tensorsOf(critic).exportWeights())),
    ];
    expect(loaded).toEqual(original);
    await expect(loadModelFolder(folder)).rejects.toMatchObject({
      code: 'ORZ_MODEL_CONFIG',
      message: expect.stringContaining('architectures: this is a critic, where a language model is needed'),
    });
  });

  it('copies the tokenizer and generation files of its base unchanged', async () => {
    const base = await describeModelFolder(fixtureFolder('llama3-untied'));
    expect(Object.keys(base.companions!).sort()).toEqual(['generation_config.json', 'tokenizer_config.json']);
    const files = await saved({}, 'policy', { ...base, config: untiedDecoder });
    for (const [name, text] of Object.entries(base.companions!))
      expect(new TextDecoder().decode(files.get(`x/${name}`)), name).toBe(text);
    expect(jsonIn(files, 'tokenizer.json')).toEqual(base.tokenizer.definition);
    expect(jsonIn(files, 'config.json')).toMatchObject({ bos_token_id: 128, eos_token_id: [129, 130] });
  });

  it('leaves a folder of any other name alone, whatever is in it', async () => {
    const files = new Map([['x.partial/mine', Uint8Array.of(1)]]);
    await withModels((policy) => saveModelFolder(memoryStorage(files), 'x', policy, description));
    expect(files.get('x.partial/mine')).toEqual(Uint8Array.of(1));
    expect([...files.keys()].filter((name) => !/^x\/[\w.]+$/.test(name))).toEqual(['x.partial/mine']);
  });
});

describe('saveModelFolder that fails', () => {
  /** A disk that is full after some writes. */
  const fullAfter = (writes: number, files: Map<string, Uint8Array>): Storage => {
    const storage = memoryStorage(files);
    return {
      ...storage,
      write: async (path, content) => {
        if (writes-- > 0) return storage.write(path, content);
        // A part of the content is asked for before the disk is full.
        if (typeof content !== 'string' && !(content instanceof Uint8Array))
          await content[Symbol.asyncIterator]().next();
        throw new OrzError('ORZ_STORAGE', 'no space left', { value: 'ENOSPC' });
      },
    };
  };

  it('leaves nothing behind and the earlier folder as it was, wherever it fails', async () => {
    await withModels(async (policy) => {
      const before = new Map<string, Uint8Array>();
      await saveModelFolder(memoryStorage(before), 'x', policy, description);
      for (let writes = 0; writes < 6; writes++) {
        const files = new Map(before);
        const failed = saveModelFolder(fullAfter(writes, files), 'x', policy, {
          ...description,
          maxShardBytes: 9000,
        }).then(
          () => 'saved',
          (error: unknown) => error,
        );
        expect(await failed, `${writes} writes`).toMatchObject({ code: 'ORZ_STORAGE' });
        expect(files).toEqual(before);
        const empty = new Map<string, Uint8Array>();
        await expect(
          saveModelFolder(fullAfter(writes, empty), 'x', policy, { ...description, maxShardBytes: 9000 }),
        ).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
        expect(empty.size).toBe(0);
      }
    });
  });

  it('names a weight too large for f16, and leaves nothing behind', async () => {
    const base = exampleBase(untiedDecoder),
      files = new Map<string, Uint8Array>();
    const weights = [
      ...(base.weights() as Iterable<{ name: string; shape: readonly number[]; data: Float32Array }>),
    ].map((t) => (t.name === 'model.norm.weight' ? { ...t, data: t.data.with(3, 70_000) } : t));
    const { policy, dispose } = await createEngine(backend, {}, { base: { ...base, weights: () => weights } });
    await expect(
      saveModelFolder(memoryStorage(files), 'x', policy, { ...description, dtype: 'f16' }),
    ).rejects.toMatchObject({
      code: 'ORZ_WEIGHTS',
      message: expect.stringContaining('"model.norm.weight" has 70000 at element 3, which f16 cannot store'),
    });
    expect(files.size).toBe(0);
    await saveModelFolder(memoryStorage(files), 'x', policy, { ...description, dtype: 'bf16' });
    await dispose();
  });
});
