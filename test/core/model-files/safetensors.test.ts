import { describe, expect, it } from 'vitest';
import { exampleBase } from '../../../core/conformance/example-model.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import { storedAs, writeSafetensors } from '../../../core/model-files/safetensors.js';
import type { WeightType } from '../../../core/model-files/number-formats.js';
import { readAll } from './support.js';

async function write(
  tensors: readonly NamedTensor[],
  announced: readonly { name: string; shape: readonly number[] }[] = tensors,
  dtype: WeightType = 'f32',
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(storedAs(announced, dtype), tensors)) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

/** A file with this header text and this much data. */
function fileOf(header: string, dataBytes: number, claimedLength = Buffer.byteLength(header)): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(claimedLength));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

const entry = (shape: unknown, from: unknown, to: unknown, dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const described = (tensors: Record<string, unknown>, dataBytes: number): Uint8Array =>
  fileOf(JSON.stringify(tensors), dataBytes);

const failure = (bytes: Uint8Array): Promise<unknown> =>
  readAll(bytes, 'broken.safetensors').catch((error: unknown) => error);
const refusal = (why: string): object => ({
  code: 'ORZ_CHECKPOINT',
  message: expect.stringContaining(why),
  details: { origin: 'the folder/broken.safetensors', remedy: expect.any(String) },
});

describe('a safetensors file', () => {
  it('gives back names, shapes and bits of what was written', async () => {
    const tensors: NamedTensor[] = [
      ...(exampleBase().weights() as NamedTensor[]),
      { name: 'special', shape: [2, 3], data: Float32Array.of(-0, 1e-45, 3.4e38, -1.5, 1 / 3, -3.4e38) },
      { name: 'scalar', shape: [], data: Float32Array.of(7) },
      { name: 'empty', shape: [0, 4], data: new Float32Array(0) },
      { name: 'name with "quotes" and ü', shape: [1], data: Float32Array.of(1) },
    ];
    const read = await readAll(await write(tensors));
    expect(read.map(({ name, shape }) => ({ name, shape }))).toEqual(
      tensors.map(({ name, shape }) => ({ name, shape })),
    );
    read.forEach(({ data }, i) =>
      expect(new Uint32Array(data.buffer)).toEqual(new Uint32Array(tensors[i]!.data.slice().buffer)),
    );
  });

  it('has the layout of the format: length, JSON, data aligned to 8 bytes', async () => {
    const bytes = Buffer.from(
      await write([
        { name: 'ä', shape: [2], data: Float32Array.of(1, 2) },
        { name: 'b', shape: [1, 1], data: Float32Array.of(-3) },
      ]),
    );
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'))).toEqual({
      __metadata__: { format: 'pt' },
      ä: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'F32', shape: [1, 1], data_offsets: [8, 12] },
    });
    expect([0, 4, 8].map((at) => bytes.readFloatLE(8 + length + at))).toEqual([1, 2, -3]);
    expect(bytes.length).toBe(8 + length + 12);
  });

  it('is read and written in chunks that join exactly', async () => {
    const data = Float32Array.from({ length: 5_000_003 }, (_, i) => i % 4096);
    for (const dtype of ['f32', 'f16'] as const) {
      const [a, b] = await readAll(
        await write(
          [
            { name: 'a', shape: [5_000_003], data },
            { name: 'b', shape: [1], data: Float32Array.of(7) },
          ],
          undefined,
          dtype,
        ),
      );
      expect(a!.data.findIndex((x, i) => x !== data[i] && (dtype === 'f32' || Math.abs(x - data[i]!) > 1))).toBe(-1);
      expect(b!.data[0]).toBe(7);
    }
  });

  it('may list tensors in another order than their data', async () => {
    expect((await readAll(described({ b: entry([1], 4, 8), a: entry([1], 0, 4) }, 8))).map((t) => t.name)).toEqual([
      'b',
      'a',
    ]);
  });

  it('is refused when it is truncated anywhere', async () => {
    const bytes = await write([{ name: 'a', shape: [4], data: Float32Array.of(1, 2, 3, 4) }]);
    for (let length = 0; length < bytes.length; length++)
      expect(await failure(bytes.subarray(0, length)), `${length} bytes`).toMatchObject(refusal(''));
    expect(await failure(Buffer.concat([bytes, Buffer.alloc(1)]))).toMatchObject(
      refusal('its tensors take 16 bytes, its data 17'),
    );
  });

  it('is refused when its header lies about its length', async () => {
    for (const claimed of [3, 2 ** 40, Number.MAX_SAFE_INTEGER])
      expect(await failure(fileOf('{}', 0, claimed))).toMatchObject(
        refusal(claimed > 2 ? `its header claims ${claimed} bytes` : ''),
      );
    const all = fileOf('{}', 0);
    all.fill(0xff, 0, 8);
    expect(await failure(all)).toMatchObject(refusal('its header claims'));
  });

  it('is refused when its header is not a JSON object', async () => {
    for (const header of ['', '[]', 'null', '7', '{', '{"a":', '\u0000', '['.repeat(100_000)])
      expect(await failure(fileOf(header, 0)), header.slice(0, 8)).toMatchObject(refusal('not a JSON object'));
  });

  it('is refused when the description of a tensor is malformed', async () => {
    const bad = [
      null,
      5,
      'F32',
      {},
      [],
      entry([1], 0, 4, 'Q4'),
      entry([1], 0, 4, 'f32'),
      entry('1', 0, 4),
      entry([-1], 0, 4),
      entry([1.5], 0, 6),
      entry([1], -4, 0),
      entry([1], 0, 4.5),
      entry([1], '0', 4),
      { dtype: 'F32', shape: [1], data_offsets: [0] },
      { dtype: 'F32', shape: [1], data_offsets: [0, 2, 4] },
    ];
    for (const description of bad)
      expect(await failure(described({ a: description }, 4)), JSON.stringify(description)).toMatchObject(
        refusal('tensor "a"'),
      );
  });

  it('is refused when shape and range of a tensor disagree, also where products overflow', async () => {
    for (const shape of [[2], [1, 0], [2 ** 53 - 1, 2 ** 53 - 1], [2 ** 31, 2 ** 31, 2 ** 31]])
      expect(await failure(described({ a: entry(shape, 0, 4) }, 4)), String(shape)).toMatchObject(
        refusal('tensor "a" of shape'),
      );
    expect(await failure(described({ a: entry([1], 4, 0) }, 4))).toMatchObject(refusal('tensor "a"'));
  });

  it('is refused when ranges overlap, leave a gap or exceed the data, so that a small file claims little', async () => {
    const bomb = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, entry([1024], 0, 4096)]));
    expect(await failure(described(bomb, 4096))).toMatchObject(refusal('begins at byte 0 of the data, not at 4096'));
    expect(await failure(described({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12))).toMatchObject(
      refusal('tensor "b" begins at byte 8'),
    );
    expect(await failure(described({ a: entry([2], 0, 8) }, 4))).toMatchObject(
      refusal('its tensors take 8 bytes, its data 4'),
    );
    expect(await failure(described({}, 4))).toMatchObject(refusal('its tensors take 0 bytes'));
  });

  it('takes names that mean something in JavaScript as names', async () => {
    const text = `{"__proto__":${JSON.stringify(entry([1], 0, 4))},"constructor":${JSON.stringify(entry([1], 4, 8))}}`;
    expect((await readAll(fileOf(text, 8))).map((t) => t.name)).toEqual(['__proto__', 'constructor']);
  });
});

describe('writeSafetensors', () => {
  const [a, b]: NamedTensor[] = [
    { name: 'a', shape: [2], data: Float32Array.of(1, 2) },
    { name: 'b', shape: [1], data: Float32Array.of(3) },
  ];

  it('refuses tensors that are not those announced', async () => {
    for (const tensors of [[b!, a!], [a!], [a!, { ...b!, data: new Float32Array(2) }]])
      await expect(write(tensors, [a!, b!])).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
  });
});
