import { bytesOfDatum, type Datum } from '../../../core/tinker/protobuf.js';
import { datumTooLarge } from './errors.js';
import type { TransportLimits } from './limits.js';

/** Data that travel in one request. */
export interface Chunk {
  readonly data: readonly Datum[];
  /** Index of its first datum among all. */
  readonly start: number;
  /** At most so many bytes of a body. */
  readonly bytes: number;
}

/** Bytes that are left for what a request says besides its data. */
const headBytes = 1_000;

/** Cuts data into chunks, each as large as may be, as they are needed. Throws ORZ_SERVER for a datum that fits none. */
export function* chunksOf(
  data: Iterable<Datum>,
  { maxChunkDatums, maxChunkBytes }: Pick<TransportLimits, 'maxChunkDatums' | 'maxChunkBytes'>,
): Generator<Chunk> {
  let chunk: Datum[] = [];
  let start = 0;
  let bytes = headBytes;
  for (const datum of data) {
    const size = bytesOfDatum(datum);
    if (headBytes + size > maxChunkBytes) throw datumTooLarge(start + chunk.length, size, maxChunkBytes);
    if (chunk.length > 0 && (chunk.length === maxChunkDatums || bytes + size > maxChunkBytes)) {
      yield { data: chunk, start, bytes };
      start += chunk.length;
      chunk = [];
      bytes = headBytes;
    }
    chunk.push(datum);
    bytes += size;
  }
  if (chunk.length > 0) yield { data: chunk, start, bytes };
}
