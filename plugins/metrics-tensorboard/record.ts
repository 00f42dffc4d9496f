import { maskedCrc32c } from './crc32c.js';

/**
 * One record of a TFRecord file: length (u64), its masked checksum (u32), the data, their masked checksum (u32); little
 * endian. Source: tensorflow.org, "TFRecord and tf.train.Example", section "TFRecords format details".
 */
export function frame(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return bytes;
}
