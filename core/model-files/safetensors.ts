import type { FileFolder } from '../contracts/files.js';
import type { NamedTensor } from '../contracts/model.js';
import type { OrzError } from '../errors.js';
import { sizeOf } from '../compute/tensor/types.js';
import { damagedSafetensors, unannouncedTensor, unreadableDtype } from './errors.js';
import { bytesPerNumber, decodeNumbers, encodeNumbers, type WeightType } from './number-formats.js';

/*
 * The safetensors format (huggingface/safetensors): a little-endian u64 header length, a JSON header with dtype, shape
 * and byte range of each tensor, then the data.
 */

/** A tensor before its data. */
export interface Announced {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A tensor before its data, and how its numbers are stored. */
export interface StoredTensorShape extends Announced {
  readonly dtype: WeightType;
}

/** These tensors, all stored in one way. */
export const storedAs = (shapes: readonly Announced[], dtype: WeightType): StoredTensorShape[] =>
  shapes.map(({ name, shape }) => ({ name, shape, dtype }));

/** What a header says about one tensor, checked: where it lies in its file. */
export interface TensorEntry extends Announced {
  /** As written, for example `BF16`. */
  readonly dtype: string;
  /** Bytes of the file, from its start. */
  readonly from: number;
  readonly to: number;
}

/** Bytes of a file that are in memory at once, beside the tensor they go to. */
const chunkBytes = 8 * 2 ** 20;
/** As in the reference implementation. */
const maxHeaderBytes = 100_000_000;
/** Far more than any model has, and few enough to be sorted and named at once. */
export const maxTensors = 100_000;
export const maxNameLength = 1000;
const maxRank = 8;
const dtypeBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};
const weightTypeOf: Readonly<Record<string, WeightType>> = { F32: 'f32', BF16: 'bf16', F16: 'f16' };

/** Bytes of tensors with these shapes. */
export const tensorBytes = (shapes: readonly Announced[], dtype: WeightType): number =>
  shapes.reduce((n, { shape }) => n + sizeOf(shape) * bytesPerNumber[dtype], 0);

/**
 * A file of the given tensors, in chunks. `tensors` may yield more than those announced: no more are taken. Throws
 * ORZ_INTERNAL unless they come as announced, in that order, and ORZ_NOT_FINITE or ORZ_WEIGHTS for a number that its
 * dtype cannot store.
 */
export async function* writeSafetensors(
  shapes: readonly StoredTensorShape[],
  tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>,
): AsyncGenerator<Uint8Array> {
  yield* composeHeader(shapes);
  // Not `for await`, which would close a generator whose rest goes into another file.
  const iterator = Symbol.asyncIterator in tensors ? tensors[Symbol.asyncIterator]() : tensors[Symbol.iterator]();
  for (const announced of shapes) {
    const next = await iterator.next();
    const tensor = next.done === true ? undefined : next.value;
    if (tensor?.name !== announced.name || sizeOf(announced.shape) !== tensor.data.length)
      throw unannouncedTensor(announced, tensor);
    const { dtype } = announced;
    const step = chunkBytes / bytesPerNumber[dtype];
    for (let from = 0; from < tensor.data.length; from += step)
      yield encodeNumbers(tensor.data.subarray(from, from + step), dtype, {
        tensor: tensor.name,
        from,
        origin: 'export',
      });
  }
}

function* composeHeader(shapes: readonly StoredTensorShape[]): Iterable<Uint8Array> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, shape, dtype } of shapes) {
    const bytes = bytesPerNumber[dtype] * sizeOf(shape);
    header[name] = { dtype: dtype.toUpperCase(), shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Padding with spaces keeps the data aligned to 8 bytes, as the format asks.
  const json = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  json.set(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  yield length;
  yield json;
}

/**
 * The tensors of a file, read from its header alone. As the format demands, their ranges must cover the data without
 * gap or overlap, so a small file never claims much memory. Throws ORZ_CHECKPOINT saying what is wrong.
 */
export async function readHeader(folder: FileFolder, file: string, size: number): Promise<TensorEntry[]> {
  const path = `${folder.location}/${file}`;
  const refuse = (reason: string): OrzError => damagedSafetensors(path, reason);
  if (size < 8) throw refuse('it has no header');
  const first = await folder.read(file, 0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset, first.byteLength).getBigUint64(0, true));
  if (length > size - 8) throw refuse(`its header claims ${length} bytes of ${size}`);
  if (length > maxHeaderBytes)
    throw refuse(`its header of ${length} bytes is longer than the ${maxHeaderBytes} that the format allows`);
  const header = parseHeader(await folder.read(file, 8, 8 + length));
  if (header === undefined) throw refuse('its header is not a JSON object');
  const start = 8 + length;
  const described = Object.entries(header);
  if (described.length > maxTensors) throw refuse(`it has ${described.length} tensors, more than ${maxTensors}`);
  const entries = described
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => readEntry(name, entry, start, path));
  const fault = coverageFault(entries, start, size);
  if (fault !== undefined) throw refuse(fault);
  return entries;
}

/** Why the tensors do not cover the bytes from `start` to `end` exactly once; undefined if they do. */
function coverageFault(entries: readonly TensorEntry[], start: number, end: number): string | undefined {
  let covered = start;
  for (const { name, from, to } of entries.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== covered)
      return `tensor "${name}" begins at byte ${from - start} of the data, not at ${covered - start}`;
    covered = to;
  }
  return covered === end ? undefined : `its tensors take ${covered - start} bytes, its data ${end - start}`;
}

interface DescribedTensor {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly data_offsets?: unknown;
}

function readEntry(name: string, described: unknown, start: number, path: string): TensorEntry {
  if (name.length > maxNameLength) throw damagedSafetensors(path, `a tensor has a name of ${name.length} characters`);
  const { dtype, shape, data_offsets: range } = (described ?? {}) as DescribedTensor;
  const width = typeof dtype === 'string' && Object.hasOwn(dtypeBytes, dtype) ? dtypeBytes[dtype] : undefined;
  if (typeof dtype !== 'string' || width === undefined || !isCounts(shape) || !isRange(range))
    throw damagedSafetensors(path, `tensor "${name}" is not described by a known dtype, a shape and a range`);
  const [from, to] = range;
  if (to - from !== width * sizeOf(shape)) {
    const reason = `tensor "${name}" of shape [${shape.join(', ')}] and dtype ${dtype} has ${to - from} bytes`;
    throw damagedSafetensors(path, reason);
  }
  return { name, shape, dtype, from: start + from, to: start + to };
}

function parseHeader(json: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= maxRank && value.every((n) => Number.isSafeInteger(n) && n >= 0);
const isRange = (value: unknown): value is [number, number] => isCounts(value) && value.length === 2;

/** How the numbers of a tensor are stored. Throws ORZ_WEIGHTS for a dtype that weights cannot have. */
export function weightTypeIn(entry: TensorEntry, origin: string): WeightType {
  const type = Object.hasOwn(weightTypeOf, entry.dtype) ? weightTypeOf[entry.dtype] : undefined;
  if (type === undefined) throw unreadableDtype(entry.name, entry.dtype, Object.keys(weightTypeOf), origin);
  return type;
}

/**
 * The numbers of one tensor as f32, read in chunks; the next chunk is read while one is converted. Throws
 * ORZ_NOT_FINITE at NaN and infinity, ORZ_WEIGHTS for another dtype, and what `folder` throws.
 */
export async function readTensor(folder: FileFolder, file: string, entry: TensorEntry): Promise<Float32Array> {
  const origin = `${folder.location}/${file}`;
  const type = weightTypeIn(entry, origin);
  const width = bytesPerNumber[type];
  const data = new Float32Array((entry.to - entry.from) / width);
  const read = (at: number): Promise<Uint8Array> => folder.read(file, at, Math.min(at + chunkBytes, entry.to));
  let pending = data.length > 0 ? read(entry.from) : undefined;
  for (let at = entry.from; pending; at += chunkBytes) {
    const bytes = await pending;
    const from = (at - entry.from) / width;
    pending = at + chunkBytes < entry.to ? read(at + chunkBytes) : undefined;
    // Awaited only after the conversion, which may throw first.
    pending?.catch(() => undefined);
    decodeNumbers(bytes, type, data.subarray(from, from + bytes.length / width), { tensor: entry.name, from, origin });
  }
  return data;
}
