import { OrzError } from '../errors.js';
import type { NamedTensor } from '../contracts/model.js';

/**
 * The safetensors format (huggingface/safetensors): a little-endian u64 header length, a JSON header with dtype, shape and
 * byte range of each tensor, then the data. Written in f32, one tensor in memory at a time.
 */
export async function* writeSafetensors(shapes: readonly { readonly name: string; readonly shape: readonly number[] }[], tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>): AsyncIterable<Uint8Array> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, shape } of shapes) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = JSON.stringify(header);
  // Padding with spaces keeps the data aligned to 8 bytes, as the format asks.
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  yield length;
  yield json;
  let next = 0;
  for await (const { name, data } of tensors) {
    if (shapes[next++]?.name !== name) throw new OrzError('ORZ_INTERNAL', `tensor "${name}" does not come in the order announced`);
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/** Reads an f32 safetensors file held in memory; every declared range is checked against the data. */
export function readSafetensors(bytes: Uint8Array, origin: string): NamedTensor[] {
  const broken = (why: string): never => {
    throw new OrzError('ORZ_CHECKPOINT', `${origin} is not a readable safetensors file: ${why}`, { origin, remedy: 'the file is damaged or cut short; use another checkpoint' });
  };
  if (bytes.length < 8) broken('it has no header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8) broken(`its header claims ${headerLength} bytes of ${bytes.length}`);
  const header = parseHeader(bytes.subarray(8, 8 + headerLength)) ?? broken('its header is no JSON object');
  const start = 8 + headerLength;
  return Object.entries(header).filter(([name]) => name !== '__metadata__').map(([name, entry]) => {
    const { dtype, shape, data_offsets: range } = entry as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
    if (dtype !== 'F32' || !isCounts(shape) || !isCounts(range) || range.length !== 2) return broken(`tensor "${name}" is not described as f32 with shape and range`);
    const [from, to] = range as [number, number];
    if (to - from !== 4 * shape.reduce((a, b) => a * b, 1) || start + to > bytes.length) broken(`tensor "${name}" lies outside the data`);
    // Copied, because the data need not be aligned to 4 bytes (and a Node Buffer's own slice() would not copy).
    return { name, shape, data: new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer) };
  });
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
