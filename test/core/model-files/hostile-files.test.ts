import { describe, expect, it } from 'vitest';
import { loadModelFolder } from '../../../core/model-files/model-folder.js';
import { copyOf } from '../../fixtures/checkpoints/fixtures.js';
import { memoryFolder, textBytes } from './support.js';

type Files = Map<string, Uint8Array>;
type Json = Record<string, unknown>;

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A fixture with the text of one file changed. */
function edited(fixture: string, file: string, change: (json: Json) => string | Json): Files {
  const files = copyOf(fixture);
  const changed = change(JSON.parse(textOf(files.get(file)!)) as Json);
  return files.set(file, textBytes(typeof changed === 'string' ? changed : JSON.stringify(changed)));
}

const config = (changes: Json): Files => edited('qwen2-tied', 'config.json', (json) => ({ ...json, ...changes }));

/** A fixture with the header of its weights changed. */
function header(change: (json: Json) => Json): Files {
  const files = copyOf('qwen2-tied');
  const old = files.get('model.safetensors')!;
  const end = 8 + Number(new DataView(old.buffer, old.byteOffset).getBigUint64(0, true));
  const text = textBytes(JSON.stringify(change(JSON.parse(textOf(old.subarray(8, end))) as Json)));
  const bytes = new Uint8Array(8 + text.length + old.length - end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(old.subarray(end), 8 + text.length);
  return files.set('model.safetensors', bytes);
}

const indexFile = 'model.safetensors.index.json';
/** Sharded weights with an index changed. */
const index = (change: (map: Json) => unknown): Files =>
  edited('qwen3-tied-shards', indexFile, (json) => ({ ...json, weight_map: change(json['weight_map'] as Json) }));

const empty = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
const upProjection = 'model.layers.0.mlp.up_proj.weight';
const entryOf = (json: Json): Json => json[upProjection] as Json;
const many = (count: number, value: unknown): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, value]));
const long = 'x'.repeat(1_000_000);
const deep = '['.repeat(100_000) + ']'.repeat(100_000);

const cases: readonly (readonly [what: string, make: () => Files, code: string, message: string])[] = [
  // Sizes that the files do not have.
  ['more layers than weights', () => config({ num_hidden_layers: 4096 }), 'ORZ_WEIGHTS', 'model.layers.2.'],
  ['a million layers', () => config({ num_hidden_layers: 1e6 }), 'ORZ_MODEL_CONFIG', 'num_hidden_layers'],
  ['a billion layers', () => config({ num_hidden_layers: 1e9 }), 'ORZ_MODEL_CONFIG', 'num_hidden_layers'],
  ['the largest vocabulary', () => config({ vocab_size: 2 ** 24 }), 'ORZ_WEIGHTS', 'embed_tokens'],
  ['the largest feed-forward', () => config({ intermediate_size: 2 ** 24 }), 'ORZ_WEIGHTS', 'gate_proj'],
  ['the largest heads', () => config({ head_dim: 65_536 }), 'ORZ_WEIGHTS', 'q_proj'],
  // Numbers that float32 does not have.
  ['a huge epsilon', () => config({ rms_norm_eps: 1e300 }), 'ORZ_MODEL_CONFIG', 'rms_norm_eps'],
  ['a tiny epsilon', () => config({ rms_norm_eps: 1e-300 }), 'ORZ_MODEL_CONFIG', 'rms_norm_eps'],
  ['a huge rotary base', () => config({ rope_theta: 1e300 }), 'ORZ_MODEL_CONFIG', 'rope_theta'],
  // Texts and nesting without end.
  ['a long family', () => config({ model_type: long }), 'ORZ_MODEL_CONFIG', 'is not implemented'],
  [
    'a nested family',
    () => edited('qwen2-tied', 'config.json', () => `{"model_type":${deep}}`),
    'ORZ_MODEL_CONFIG',
    'object is not implemented',
  ],
  ['a long class', () => config({ architectures: [long] }), 'ORZ_MODEL_CONFIG', 'architectures'],
  ['a long key', () => config({ [`attn_${long}`]: 1 }), 'ORZ_MODEL_CONFIG', 'attn_'],
  ['a long key of scaling', () => config({ rope_scaling: { [long]: 1 } }), 'ORZ_MODEL_CONFIG', 'rope_scaling.'],
  [
    'many layer types',
    () => config({ layer_types: new Array(1e5).fill('full_attention') }),
    'ORZ_MODEL_CONFIG',
    '1000',
  ],
  // Headers.
  [
    'too many tensors',
    () => header((json) => ({ ...json, ...many(100_001, empty) })),
    'ORZ_CHECKPOINT',
    'more than 100000',
  ],
  ['a long name', () => header((json) => ({ ...json, [long]: empty })), 'ORZ_CHECKPOINT', 'a name of 1000000'],
  [
    'a million dimensions',
    () => header((json) => ({ ...json, x: { ...empty, shape: new Array(1e6).fill(0) } })),
    'ORZ_CHECKPOINT',
    '"x" is not described',
  ],
  [
    'a shape whose size overflows',
    () => header((json) => ({ ...json, [upProjection]: { ...entryOf(json), shape: [2 ** 52, 2 ** 52] } })),
    'ORZ_CHECKPOINT',
    '4503599627370496',
  ],
  [
    'an offset without end',
    () => header((json) => ({ ...json, [upProjection]: { ...entryOf(json), data_offsets: [0, null] } })),
    'ORZ_CHECKPOINT',
    upProjection,
  ],
  [
    'a tensor that is null',
    () => header((json) => ({ ...json, [upProjection]: null })),
    'ORZ_CHECKPOINT',
    upProjection,
  ],
  ['a tensor named __proto__', () => header((json) => named(json, '__proto__', empty)), 'ORZ_WEIGHTS', '__proto__'],
  // Indexes.
  [
    'an index of too many weights',
    () => index((map) => ({ ...map, ...many(1e5, 'a.safetensors') })),
    'ORZ_CHECKPOINT',
    '100000',
  ],
  ['a shard with a long name', () => index((map) => ({ ...map, x: `${long}.safetensors` })), 'ORZ_CHECKPOINT', '"x"'],
  ['a weight with a long name', () => index((map) => ({ ...map, [long]: 'a.safetensors' })), 'ORZ_CHECKPOINT', 'index'],
  ['an index that is a list', () => index(() => ['a.safetensors']), 'ORZ_CHECKPOINT', 'weight_map'],
  ['an index of itself', () => index((map) => ({ ...map, x: indexFile })), 'ORZ_CHECKPOINT', '"x"'],
  ['a shard elsewhere', () => index((map) => ({ ...map, x: '../a.safetensors' })), 'ORZ_CHECKPOINT', '"x"'],
  // Tokenizers.
  [
    'a tokenizer that is null',
    () => copyOf('qwen2-tied').set('tokenizer.json', textBytes('null')),
    'ORZ_TOKENIZER',
    'object',
  ],
];

/** With a key that an object literal cannot have. */
function named(json: Json, key: string, value: unknown): Json {
  const copy = { ...json };
  Object.defineProperty(copy, key, { value, enumerable: true });
  return copy;
}

describe('a hostile model folder', () => {
  it.each(cases)('with %s is refused in few words', async (_, make, code, message) => {
    const error: unknown = await loadModelFolder(memoryFolder(make())).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect((error as Error).message.length).toBeLessThan(400);
    expect(JSON.stringify((error as { details: unknown }).details).length).toBeLessThan(1500);
  });

  it('with many unknown keys is loaded with one short warning', async () => {
    const warnings: string[] = [];
    const files = config({ ...many(10_000, 1), [long]: 1 });
    await loadModelFolder(memoryFolder(files), 'language', { warn: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringMatching(/ignored: w0, w1, .* and 9991 more$/)]);
    expect(warnings[0]!.length).toBeLessThan(1500);
  });

  it('does not warn of keys before family and shapes fit', async () => {
    const warnings: string[] = [];
    const load = (changes: Json): Promise<unknown> =>
      loadModelFolder(memoryFolder(config(changes)), 'language', { warn: (message) => warnings.push(message) });
    await expect(load({ note: 1, vocab_size: 200 })).rejects.toMatchObject({ code: 'ORZ_WEIGHTS' });
    expect(warnings).toEqual([]);
    await load({ note: 1 });
    expect(warnings).toEqual(['the folder/config.json has unknown keys, which are ignored: note']);
  });

  it('without one tensor says so once', async () => {
    const warnings: string[] = [];
    const files = index(({ [upProjection]: _missing, ...map }) => map);
    const loading = loadModelFolder(memoryFolder(files), 'language', { warn: (message) => warnings.push(message) });
    await expect(loading).rejects.toMatchObject({
      code: 'ORZ_CHECKPOINT',
      message: expect.stringContaining(upProjection),
    });
    expect(warnings).toEqual([]);
  });

  it.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', indexFile])(
    'whose %s is larger than any is refused before it is read',
    async (name) => {
      const folder = memoryFolder(copyOf(name === indexFile ? 'qwen3-tied-shards' : 'qwen2-tied'));
      const claimed = { ...folder, size: async (file: string) => (file === name ? 2 ** 40 : folder.size(file)) };
      await expect(loadModelFolder(claimed)).rejects.toMatchObject({
        code: 'ORZ_CHECKPOINT',
        message: expect.stringContaining(`${name} has 1099511627776 bytes`),
      });
      expect(folder.reads.map((read) => read.name)).not.toContain(name);
    },
  );
});
