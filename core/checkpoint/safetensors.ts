import { OrzError } from '../errors.js';
import type { NamedTensor } from '../contracts/model.js';

interface Announced { readonly name: string; readonly shape: readonly number[] }

/**
 * The safetensors format (huggingface/safetensors): a little-endian u64 header length, a JSON header with dtype, shape and
 * byte range of each tensor, then the data. Written in f32, one tensor in memory at a time. Throws ORZ_INTERNAL unless
 * `tensors` are exactly those announced, in that order.
 */
export async function* writeSafetensors(shapes: readonly Announced[], tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>): AsyncIterable<Uint8Array> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, shape } of shapes) {
    const bytes = 4 * count(shape);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
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
  let next = 0;
  for await (const { name, data } of tensors) {
    const expected = shapes[next++];
    if (expected?.name !== name || count(expected.shape) !== data.length) {
      throw new OrzError('ORZ_INTERNAL', `tensor "${name}" of ${data.length} numbers comes where ${expected ? `"${expected.name}" [${expected.shape.join(', ')}]` : 'none'} was announced`);
    }
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (next < shapes.length) throw new OrzError('ORZ_INTERNAL', `tensor "${shapes[next]!.name}" was announced and did not come`);
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** What a header says about one tensor, with its range checked. */
interface Entry extends Announced { readonly from: number; readonly to: number }

/**
 * Reads an f32 safetensors file held in memory. As the format demands, the ranges must cover the data without gap or
 * overlap, so what is read never takes more memory than the file. Throws ORZ_CHECKPOINT saying what is wrong.
 */
export function readSafetensors(bytes: Uint8Array, origin: string): NamedTensor[] {
  const broken = (why: string): never => {
    throw new OrzError('ORZ_CHECKPOINT', `${origin} is not a readable safetensors file: ${why}`, { origin, remedy: 'the file is damaged or cut short; use another checkpoint' });
  };
  if (bytes.length < 8) broken('it has no header');
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
  if (headerLength > bytes.length - 8) broken(`its header claims ${headerLength} bytes of ${bytes.length}`);
  const header = parseHeader(bytes.subarray(8, 8 + headerLength)) ?? broken('its header is no JSON object');
  const data = bytes.subarray(8 + headerLength);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__').map(([name, described]) => readEntry(name, described, broken));
  let covered = 0;
  for (const { name, from, to } of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== covered) broken(`tensor "${name}" begins at byte ${from} of the data, not at ${covered}`);
    covered = to;
  }
  if (covered !== data.length) broken(`its tensors take ${covered} bytes, its data ${data.length}`);
  // Copied, because the data need not be aligned to 4 bytes (and a Node Buffer's own slice() would not copy).
  return entries.map(({ name, shape, from, to }) => ({ name, shape, data: new Float32Array(new Uint8Array(data.subarray(from, to)).buffer) }));
}

function readEntry(name: string, described: unknown, broken: (why: string) => never): Entry {
  const { dtype, shape, data_offsets: range } = (described ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (dtype !== 'F32' || !isCounts(shape) || !isCounts(range) || range.length !== 2) return broken(`tensor "${name}" is not described as f32 with shape and range`);
  const [from, to] = range as [number, number];
  if (to - from !== 4 * count(shape)) broken(`tensor "${name}" of shape [${shape.join(', ')}] has ${to - from} bytes`);
  return { name, shape, from, to };
}

function parseHeader(json: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(json));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
