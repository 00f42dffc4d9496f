import { crc32 } from 'node:zlib';

/**
 * The file form of `.wandb` files: a log of LevelDB (github.com/google/leveldb, doc/log_format.md) with a header of its
 * own and the plain CRC-32 instead of the masked CRC-32C; as `wandb` writes it (core/internal/transactionlog).
 */

/** `:W&B`, the number 0xbee1 in little endian, and version 0 of the form. */
export const fileHeader = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0);

const blockBytes = 32_768;
const chunkHeaderBytes = 7;
const kinds = { full: 1, first: 2, middle: 3, last: 4 } as const;

/**
 * A record as chunks that cross no border of a block: checksum (u32) of kind and data, length (u16), kind (u8), data;
 * little endian. `offset` is the length of the file before it; what is left of a block is filled with zeros where no
 * header fits.
 */
export function frame(data: Uint8Array, offset: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let position = offset;
  let done = 0;
  do {
    let room = blockBytes - (position % blockBytes);
    if (room < chunkHeaderBytes) {
      parts.push(new Uint8Array(room));
      position += room;
      room = blockBytes;
    }
    const piece = data.subarray(done, done + room - chunkHeaderBytes);
    const isFirst = done === 0;
    done += piece.length;
    const isLast = done === data.length;
    parts.push(chunk(kindOf(isFirst, isLast), piece));
    position += chunkHeaderBytes + piece.length;
  } while (done < data.length);
  return Buffer.concat(parts);
}

function kindOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? kinds.full : kinds.first;
  return isLast ? kinds.last : kinds.middle;
}

function chunk(kind: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(chunkHeaderBytes + data.length);
  const view = new DataView(bytes.buffer);
  bytes[6] = kind;
  bytes.set(data, chunkHeaderBytes);
  view.setUint32(0, crc32(bytes.subarray(6)), true);
  view.setUint16(4, data.length, true);
  return bytes;
}
