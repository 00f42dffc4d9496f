import { tensorUnsupported } from './errors.js';
import { elementType } from './protobuf-schema.js';
import {
  bytesOf,
  float32Of,
  fromBfloat16,
  fromInt64Bytes,
  int32Of,
  int64BytesOf,
  type WireArray,
} from './wire-arrays.js';

/** The message `Tensor` as protobufjs reads it. */
export interface Tensor {
  readonly dense: Uint8Array;
  readonly sparse_csr: Uint8Array;
  readonly dtype: number;
}

/** The message `BatchedTensor`: arrays one after another, and the offset of each in bytes. */
export interface BatchedTensor {
  readonly data: Uint8Array;
  readonly offsets: Uint8Array;
  readonly dtype: number;
}

export function tensorOfArray(array: WireArray): object {
  const isText = array instanceof Int32Array;
  return {
    dense: isText ? int64BytesOf(array) : bytesOf(array),
    dtype: isText ? elementType.int64 : elementType.float32,
    shape: [array.length],
  };
}

/** Throws ORZ_SERVER for a sparse tensor and for an unknown type. */
export function arrayOfTensor({ dense, sparse_csr, dtype }: Tensor, name: string): WireArray {
  if (sparse_csr.length > 0) throw tensorUnsupported(name, dtype);
  return arrayOf(name, dense, dtype);
}

export function batchOfArrays(arrays: readonly (WireArray | undefined)[]): object {
  const isText = arrays[0] instanceof Int32Array;
  const parts = arrays.map((array = new Float32Array()) => (isText ? int64BytesOf(array) : bytesOf(array)));
  const offsets = [0];
  for (const part of parts) offsets.push((offsets.at(-1) ?? 0) + part.length);
  const data = new Uint8Array(offsets.at(-1) ?? 0);
  parts.forEach((part, i) => {
    data.set(part, offsets[i]);
  });
  return { data, offsets: int64BytesOf(offsets), dtype: isText ? elementType.int64 : elementType.float32 };
}

/** One array per datum: views of one copy. */
export function arraysOfBatch({ data, offsets, dtype }: BatchedTensor, name: string): WireArray[] {
  const all = arrayOf(name, data, dtype);
  const bounds = Array.from(fromInt64Bytes(offsets), (bytes) => bytes / (elementBytes[dtype] ?? 1));
  return bounds.slice(1).map((end, i) => all.subarray(bounds[i], end));
}

const elementBytes: Readonly<Record<number, number>> = {
  [elementType.float32]: 4,
  [elementType.int64]: 8,
  [elementType.int32]: 4,
  [elementType.bfloat16]: 2,
};

function arrayOf(name: string, bytes: Uint8Array, type: number): WireArray {
  switch (type) {
    case elementType.float32:
      return float32Of(bytes);
    case elementType.int64:
      return fromInt64Bytes(bytes);
    case elementType.int32:
      return int32Of(bytes);
    case elementType.bfloat16:
      return fromBfloat16(bytes);
    default:
      throw tensorUnsupported(name, type);
  }
}
