import { describe, expect, it } from 'vitest';
import { collectTensors } from '../../../core/conformance/example-model.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import { loadModelFolder } from '../../../core/model-files/model-folder.js';
import { storedAs, writeSafetensors } from '../../../core/model-files/safetensors.js';
import { copyOf } from '../../fixtures/checkpoints/fixtures.js';
import { memoryFolder, readAll, textBytes } from './support.js';

type Files = Map<string, Uint8Array>;
const single = 'model.safetensors',
  index = 'model.safetensors.index.json',
  first = 'model-00001-of-00002.safetensors',
  second = 'model-00002-of-00002.safetensors';

/** The error that loading and reading all weights ends with. */
async function failure(files: Files): Promise<unknown> {
  try {
    await collectTensors((await loadModelFolder(memoryFolder(files))).weights());
    return 'no error';
  } catch (error) {
    return error;
  }
}

const problem = (code: string, message: string): object => ({
  code,
  message: expect.stringContaining(message),
  details: { remedy: expect.any(String) as string, origin: expect.stringContaining('the folder') as string },
});

/** The fixture with its tensors changed and written again. */
async function rewritten(change: (tensors: NamedTensor[]) => NamedTensor[], name = 'qwen2-tied'): Promise<Files> {
  const files = copyOf(name),
    tensors = change(await readAll(files.get(single)!));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(storedAs(tensors, 'f32'), tensors)) chunks.push(chunk);
  return files.set(single, Buffer.concat(chunks));
}

const named = (tensors: readonly NamedTensor[], name: string): NamedTensor => tensors.find((t) => t.name === name)!;
const replaced = (tensors: readonly NamedTensor[], name: string, change: Partial<NamedTensor>): NamedTensor[] =>
  tensors.map((t) => (t.name === name ? { ...t, ...change } : t));

function withIndex(change: (map: Record<string, string>) => unknown): Files {
  const files = copyOf('qwen3-tied-shards');
  const content = JSON.parse(new TextDecoder().decode(files.get(index))) as { weight_map: Record<string, string> };
  return files.set(index, textBytes(JSON.stringify(change(content.weight_map) ?? content)));
}

describe('weights that do not match config.json are refused:', () => {
  it('one is missing', async () => {
    const files = await rewritten((tensors) => tensors.filter((t) => t.name !== 'model.layers.1.mlp.up_proj.weight'));
    expect(await failure(files)).toMatchObject(
      problem('ORZ_WEIGHTS', '"model.layers.1.mlp.up_proj.weight" is missing'),
    );
  });

  it('there is one more', async () => {
    for (const name of [
      'model.layers.2.mlp.up_proj.weight',
      'score.weight',
      'model.layers.0.self_attn.q_norm.weight',
      'constructor',
    ]) {
      const files = await rewritten((tensors) => [...tensors, { name, shape: [1], data: Float32Array.of(1) }]);
      expect(await failure(files)).toMatchObject(problem('ORZ_WEIGHTS', `"${name}" is not part of this model`));
    }
  });

  it('one has another shape, of as many numbers too', async () => {
    for (const [shape, name] of [
      [[50, 36], 'model.layers.0.mlp.down_proj.weight'],
      [[1, 36], 'model.norm.weight'],
      [[36, 36, 1], 'model.layers.1.self_attn.q_proj.weight'],
    ] as const) {
      const files = await rewritten((tensors) => replaced(tensors, name, { shape }));
      expect(await failure(files)).toMatchObject(problem('ORZ_WEIGHTS', `"${name}" has shape [${shape.join(', ')}]`));
    }
  });

  it('one is stored in a type that is not read', async () => {
    const files = copyOf('qwen2-untied-bf16'),
      bytes = Buffer.from(files.get(single)!);
    const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString('latin1');
    bytes.write(header.replace('"dtype":"BF16"', '"dtype":"I16" '), 8, 'latin1');
    expect(await failure(files.set(single, bytes))).toMatchObject(problem('ORZ_WEIGHTS', 'has dtype I16'));
  });

  it('one is not finite, naming weight and element', async () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      // What is written is always finite, so the number is put into the file.
      const files = await rewritten((tensors) =>
        replaced(tensors, 'model.norm.weight', { data: named(tensors, 'model.norm.weight').data.with(5, 1.2345678) }),
      );
      const bytes = Buffer.from(files.get(single)!),
        pattern = Buffer.from(Float32Array.of(1.2345678).buffer);
      bytes.writeFloatLE(bad, bytes.indexOf(pattern));
      expect(await failure(files.set(single, bytes))).toMatchObject(
        problem('ORZ_NOT_FINITE', `"model.norm.weight" has ${bad} at element 5`),
      );
    }
  });
});

describe('a tied output matrix that is in the file', () => {
  const withHead = (change: (data: Float32Array) => Float32Array): Promise<Files> =>
    rewritten((tensors) => {
      const { shape, data } = named(tensors, 'model.embed_tokens.weight');
      return [{ name: 'lm_head.weight', shape, data: change(data.slice()) }, ...tensors];
    });

  it('is ignored when it equals the embedding', async () => {
    const tensors = await collectTensors(
      (await loadModelFolder(memoryFolder(await withHead((data) => data)))).weights(),
    );
    expect(tensors).toEqual(
      await collectTensors((await loadModelFolder(memoryFolder(copyOf('qwen2-tied')))).weights()),
    );
  });

  it('is refused when it does not', async () => {
    expect(await failure(await withHead((data) => data.fill(0.5, 400, 401)))).toMatchObject(
      problem('ORZ_WEIGHTS', '"lm_head.weight" differs from "model.embed_tokens.weight"'),
    );
  });
});

it('ignores rotary frequencies stored by old checkpoints, whatever their type', async () => {
  const files = await rewritten((tensors) => [
    ...tensors,
    { name: 'model.layers.1.self_attn.rotary_emb.inv_freq', shape: [3], data: Float32Array.of(1, 2, 3) },
  ]);
  expect(await failure(files)).toBe('no error');
});

describe('an index of shards is refused when', () => {
  it('it names a file outside of its folder', async () => {
    for (const file of [
      '../other/model.safetensors',
      '/etc/model.safetensors',
      'a/b.safetensors',
      '..\\x.safetensors',
      'C:x.safetensors',
      '.safetensors',
      'config.json',
      '',
      'a\u0000.safetensors',
      'https://x/model.safetensors',
    ]) {
      expect(
        await failure(
          withIndex((map) => {
            map['model.norm.weight'] = file;
          }),
        ),
        file,
      ).toMatchObject(problem('ORZ_CHECKPOINT', 'may not name'));
    }
  });

  it('it names a shard that does not exist', async () => {
    const files = copyOf('qwen3-tied-shards');
    files.delete(second);
    expect(await failure(files)).toMatchObject(problem('ORZ_DATA_MISSING', `There is no ${second}`));
  });

  it('it names another shard for a weight, or one that does not have it', async () => {
    expect(
      await failure(
        withIndex((map) => {
          map['model.norm.weight'] = first;
        }),
      ),
    ).toMatchObject(problem('ORZ_CHECKPOINT', 'for the weight "model.norm.weight", but'));
    expect(
      await failure(
        withIndex((map) => {
          map['extra.weight'] = first;
        }),
      ),
    ).toMatchObject(problem('ORZ_CHECKPOINT', `names ${first} for the weight "extra.weight", which is not in it`));
    expect(
      await failure(
        withIndex((map) => {
          delete map['model.norm.weight'];
        }),
      ),
    ).toMatchObject(problem('ORZ_CHECKPOINT', 'does not name the weight "model.norm.weight"'));
  });

  it('it has another form', async () => {
    for (const content of [[], {}, { weight_map: [] }, { weight_map: { a: 7 } }, null])
      expect(await failure(withIndex(() => content ?? 'text')), JSON.stringify(content)).toMatchObject(
        problem('ORZ_CHECKPOINT', ''),
      );
    expect(await failure(copyOf('qwen3-tied-shards').set(index, textBytes('{"weight_map": {')))).toMatchObject(
      problem('ORZ_CHECKPOINT', 'is not JSON'),
    );
    for (const [bytes, expected] of [
      [Uint8Array.of(0xff, 0xff), 'is not UTF-8'],
      [new Uint8Array(Buffer.from('\ufeff{}', 'utf16le')), 'is UTF-16'],
    ] as const)
      expect(await failure(copyOf('qwen3-tied-shards').set(index, bytes))).toMatchObject(
        problem('ORZ_CHECKPOINT', expected),
      );
  });
});

describe('a folder is refused when', () => {
  it('a shard is truncated anywhere', async () => {
    const whole = copyOf('qwen3-tied-shards').get(second)!;
    for (const share of [0, 0.001, 0.3, 0.999]) {
      const files = copyOf('qwen3-tied-shards').set(second, whole.subarray(0, Math.floor(share * whole.length)));
      expect(await failure(files), String(share)).toMatchObject(problem('ORZ_CHECKPOINT', second));
    }
  });

  it('it has no weights', async () => {
    const files = copyOf('qwen2-tied');
    files.delete(single);
    expect(await failure(files.set('pytorch_model.bin', Uint8Array.of(1)))).toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: expect.stringContaining(`neither ${single} nor ${index}`) as string,
    });
  });
});

it('a header that claims to be huge is never read', async () => {
  const bomb = new Uint8Array(64);
  new DataView(bomb.buffer).setBigUint64(0, 2n ** 40n, true);
  const folder = memoryFolder(copyOf('qwen2-tied').set(single, bomb));
  await expect(loadModelFolder(folder)).rejects.toMatchObject(
    problem('ORZ_CHECKPOINT', 'its header claims 1099511627776 bytes of 64'),
  );
  expect(folder.reads.filter((r) => r.name === single)).toEqual([{ name: single, bytes: 8 }]);
});

it('a header longer than the format allows is refused before it is read', async () => {
  const read = memoryFolder(copyOf('qwen2-tied'));
  const first = new Uint8Array(8);
  new DataView(first.buffer).setBigUint64(0, 100_000_001n, true);
  const large = {
    ...read,
    size: async (name: string) => (name === single ? 2e9 : read.size(name)),
    read: async (name: string, from?: number, to?: number) => (name === single ? first : read.read(name, from, to)),
  };
  await expect(loadModelFolder(large)).rejects.toMatchObject(problem('ORZ_CHECKPOINT', 'longer than the 100000000'));
});

it('weights are read in pieces, in the order of their file, each tensor when its turn comes', async () => {
  const folder = memoryFolder(copyOf('qwen3-tied-shards')),
    { weights } = await loadModelFolder(folder);
  const headers = folder.reads.length;
  const seen: [string, number][] = [];
  for await (const { name } of weights()) seen.push([name, folder.reads.length - headers]);
  expect(seen.map(([, reads]) => reads)).toEqual(seen.map((_, i) => i + 1));
  expect(new Set(folder.reads.slice(headers).map((r) => r.name))).toEqual(new Set([first, second]));
  expect(folder.reads.slice(headers).findIndex((r) => r.name === second)).toBe(
    folder.reads.slice(headers).filter((r) => r.name === first).length,
  );
});
