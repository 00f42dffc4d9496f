import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collectTensors,
  exampleBase,
  exampleLengths,
  exampleSequences,
  exampleTokenizerDefinition,
  untiedDecoder,
} from '../../../core/conformance/example-model.js';
import type { Backend } from '../../../core/contracts/backend.js';
import { describeModelFolder, loadModelFolder } from '../../../core/model-files/model-folder.js';
import { saveModelFolder } from '../../../core/model-files/save-model-folder.js';
import { storageFolder } from '../../../core/model-files/storage-folder.js';
import { createEngine, startReference } from '../compute/engine/support.js';
import { copyOf } from '../../fixtures/checkpoints/fixtures.js';
import { memoryStorage } from '../train/support.js';
import { memoryFolder, textBytes } from './support.js';

let backend: Backend;
beforeAll(async () => {
  backend = await startReference();
});
afterAll(() => backend.dispose());

async function saved(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>(),
    base = exampleBase(untiedDecoder);
  const engine = await createEngine(backend, {}, { base });
  await saveModelFolder(memoryStorage(files), 'policy', engine.policy, base);
  await engine.dispose();
  return files;
}

const load = (files: ReadonlyMap<string, Uint8Array>) =>
  loadModelFolder(storageFolder(memoryStorage(new Map(files)), 'policy'));

describe('a saved model', () => {
  it('is loaded with the same architecture, tokenizer, weights and scores', async () => {
    const base = exampleBase(untiedDecoder),
      loaded = await load(await saved());
    expect(loaded.config).toEqual(base.config);
    expect(loaded.tokenizer.definition).toEqual(exampleTokenizerDefinition);
    expect([...loaded.tokenizer.endTokens]).toEqual([...base.tokenizer.endTokens]);
    expect(await collectTensors(loaded.weights())).toEqual(await collectTensors(base.weights()));
    expect(await collectTensors(loaded.weights()), 'a second pass').toEqual(await collectTensors(base.weights()));
    const sequences = exampleSequences(exampleLengths);
    const [a, b] = [await createEngine(backend, {}, { base }), await createEngine(backend, {}, { base: loaded })];
    expect(await b.policy.forward(sequences)).toEqual(await a.policy.forward(sequences));
    for (const engine of [a, b]) await engine.dispose();
  });

  it.each(['config.json', 'tokenizer.json'])('without its %s is refused', async (name) => {
    const files = await saved();
    files.delete(`policy/${name}`);
    await expect(load(files)).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: expect.stringContaining(`no ${name} in memory/policy`),
    });
  });

  it.each(['config.json', 'tokenizer.json'])('with a %s that is truncated is refused', async (name) => {
    const files = await saved();
    files.set(`policy/${name}`, files.get(`policy/${name}`)!.subarray(0, 40));
    await expect(load(files)).rejects.toMatchObject({
      code: 'ORZ_CHECKPOINT',
      message: expect.stringContaining(`policy/${name} is not JSON`),
    });
  });

  it('whose architecture does not match its weights is refused when an engine takes it', async () => {
    const loaded = await load(await saved());
    await expect(
      createEngine(backend, {}, { base: { ...loaded, config: { ...loaded.config, intermediateSize: 30 } } }),
    ).rejects.toMatchObject({
      code: 'ORZ_WEIGHTS',
      message: expect.stringMatching(/"model.layers.0.mlp.gate_proj.weight" has shape \[29, 18\]/),
    });
    await expect(
      createEngine(backend, {}, { base: { ...loaded, config: { ...loaded.config, layers: 3 } } }),
    ).rejects.toMatchObject({ code: 'ORZ_WEIGHTS', message: expect.stringContaining('missing') });
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});

type Changes = Readonly<Record<string, unknown>>;

/** A fixture with some JSON files changed key by key, or left out. */
function changed(name: string, files: Readonly<Record<string, Changes | null>>): Map<string, Uint8Array> {
  const all = copyOf(name);
  for (const [file, changes] of Object.entries(files)) {
    const old = all.get(file);
    all.delete(file);
    if (changes)
      all.set(
        file,
        textBytes(JSON.stringify({ ...(old && (JSON.parse(new TextDecoder().decode(old)) as object)), ...changes })),
      );
  }
  return all;
}

const described = (files: Map<string, Uint8Array>) => describeModelFolder(memoryFolder(files));

describe('the description of a model folder', () => {
  it('ends a text with the ids of config.json and generation_config.json together', async () => {
    expect([...(await described(copyOf('qwen2-tied'))).tokenizer.endTokens]).toEqual([129, 130]);
    expect([
      ...(await described(changed('qwen2-tied', { 'generation_config.json': { eos_token_id: 7 } }))).tokenizer
        .endTokens,
    ]).toEqual([129, 7]);
    expect([
      ...(await described(changed('qwen2-tied', { 'generation_config.json': null }))).tokenizer.endTokens,
    ]).toEqual([129]);
    expect([
      ...(
        await described(
          changed('qwen2-tied', {
            'config.json': { eos_token_id: null },
            'generation_config.json': { eos_token_id: null },
          }),
        )
      ).tokenizer.endTokens,
    ]).toEqual([]);
  });

  it('begins a text with a token if the tokenizer does, whatever config.json names', async () => {
    const begin = async (files: Map<string, Uint8Array>): Promise<number | undefined> =>
      (await described(files)).tokenizer.bosToken;
    expect(await begin(copyOf('qwen2-tied'))).toBeUndefined();
    expect(await begin(copyOf('llama3-untied'))).toBe(128);
    const processor = JSON.parse(new TextDecoder().decode(copyOf('llama3-untied').get('tokenizer.json'))) as {
      post_processor: object;
    };
    expect(
      await begin(
        changed('llama3-untied', {
          'tokenizer.json': {
            post_processor: {
              type: 'Sequence',
              processors: [
                { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
                processor.post_processor,
              ],
            },
          },
        }),
      ),
    ).toBe(128);
    expect(
      await begin(changed('llama3-untied', { 'tokenizer_config.json': { add_bos_token: false } })),
    ).toBeUndefined();
    expect(
      await begin(
        changed('qwen2-tied', { 'tokenizer_config.json': { add_bos_token: true, bos_token: { content: '<|stop|>' } } }),
      ),
    ).toBe(130);
  });

  it('has the chat template of either file', async () => {
    const template = async (files: Map<string, Uint8Array>): Promise<string | undefined> =>
      (await described(files)).chatTemplate;
    expect(await template(copyOf('qwen2-tied'))).toBeUndefined();
    expect(await template(changed('qwen2-tied', { 'tokenizer_config.json': { chat_template: 'a' } }))).toBe('a');
    expect(
      await template(
        changed('qwen2-tied', {
          'tokenizer_config.json': {
            chat_template: [
              { name: 'tools', template: 'b' },
              { name: 'default', template: 'c' },
            ],
          },
        }),
      ),
    ).toBe('c');
    expect(
      await template(
        changed('qwen2-tied', { 'tokenizer_config.json': { chat_template: 'a' } }).set(
          'chat_template.jinja',
          textBytes('d'),
        ),
      ),
    ).toBe('d');
  });

  it('reads no weights', async () => {
    const folder = memoryFolder(copyOf('qwen2-tied'));
    await describeModelFolder(folder);
    expect(folder.reads.map((r) => r.name)).not.toContain('model.safetensors');
  });

  it.each([
    ['generation_config.json', { eos_token_id: 'end' }, 'ORZ_MODEL_CONFIG', 'generation_config.json: eos_token_id'],
    ['generation_config.json', { eos_token_id: [129, 4000] }, 'ORZ_TOKENIZER', 'end token'],
    ['tokenizer_config.json', { chat_template: 5 }, 'ORZ_MODEL_CONFIG', 'tokenizer_config.json: chat_template'],
    ['config.json', { vocab_size: 130 }, 'ORZ_TOKENIZER', 'The tokenizer has 131 ids, the model 130'],
    ['config.json', { eos_token_id: 500 }, 'ORZ_TOKENIZER', 'end token'],
  ])('is refused when %s says %o', async (file, changes, code, message) => {
    await expect(described(changed('qwen2-tied', { [file]: changes }))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
