import type { Tensor as OrtTensor, TypedTensor } from 'onnxruntime-common';
import {
  bytesOf,
  sameShape,
  sizeOf,
  type DType,
  type Shape,
  type TensorData,
} from '../../core/compute/tensor/types.js';
import type { OnnxRuntime } from './runtime-folder.js';

/** Bytes of a tensor; those of bf16 fill whole words. */
export function byteSize(dtype: DType, shape: Shape): number {
  const bytes = bytesOf({ dtype, shape });
  return dtype === 'bf16' ? 4 * Math.ceil(bytes / 4) : bytes;
}

/** Elements of a tensor in host memory: bf16 as words of 16 bits. */
export type HostData = TensorData | Uint16Array;

/**
 * A piece of host memory. Shared by the buffer it belongs to and by submitted work that reads it; returns to the pool
 * with its last reference.
 */
export class Memory {
  /** Number of buffers and submitted programs that rely on the contents. */
  references = 1;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  private wrapped: OrtTensor | undefined;

  constructor(readonly bytes: ArrayBuffer) {
    // A bool tensor's byte count need not be a multiple of four; it is only ever read through ONNX Runtime.
    const whole = bytes.byteLength % 4 === 0;
    this.f32 = whole ? new Float32Array(bytes) : new Float32Array(0);
    this.i32 = whole ? new Int32Array(bytes) : new Int32Array(0);
  }

  /** The first elements, as many as fill the shape. */
  elements(dtype: DType, shape: Shape): HostData {
    if (dtype === 'bf16') return new Uint16Array(this.bytes, 0, sizeOf(shape));
    return dtype === 'i32' ? this.i32 : this.f32;
  }

  /**
   * The memory as a tensor of ONNX Runtime, without a copy; made once per shape, because weights are fed at every
   * execution.
   */
  tensor(ort: OnnxRuntime, dtype: DType, shape: Shape): OrtTensor {
    const type = ortType[dtype];
    if (this.wrapped?.type === type && sameShape(this.wrapped.dims, shape)) return this.wrapped;
    this.wrapped = this.wrap(ort, dtype, shape);
    return this.wrapped;
  }

  private wrap(ort: OnnxRuntime, dtype: DType, shape: Shape): OrtTensor {
    switch (dtype) {
      case 'f32':
        return new ort.Tensor('float32', this.f32, shape);
      case 'i32':
        return new ort.Tensor('int32', this.i32, shape);
      case 'bf16':
        return new ort.Tensor('uint16', new Uint16Array(this.bytes, 0, sizeOf(shape)), shape);
      case 'bool':
        return new ort.Tensor('bool', new Uint8Array(this.bytes), shape);
    }
  }
}

/** The Node binding knows no bfloat16: a program is given words, and reads them as such numbers. */
const ortType = { f32: 'float32', i32: 'int32', bf16: 'uint16', bool: 'bool' } as const satisfies Record<
  DType,
  TypedTensor<'float32' | 'int32' | 'uint16' | 'bool'>['type']
>;

/** Free memory is always kept up to this many bytes. */
const minimumCache = 64 * 2 ** 20;

/**
 * Free memory by exact size, so that outputs of one execution are the fetches of a later one: without preallocated
 * fetches the Node binding copies every output into a new ArrayBuffer. Keeps at most as much free as is in use (or 64
 * MiB), and frees the least recently used sizes first.
 */
export class MemoryPool {
  private readonly free = new Map<number, Memory[]>();
  private freeBytes = 0;
  private usedBytes = 0;

  /** Memory with arbitrary contents and one reference. */
  allocate(byteLength: number): Memory {
    this.usedBytes += byteLength;
    const list = this.free.get(byteLength);
    const memory = list?.pop();
    if (list?.length === 0) this.free.delete(byteLength);
    if (!memory) return new Memory(new ArrayBuffer(byteLength));
    this.freeBytes -= byteLength;
    memory.references = 1;
    return memory;
  }

  /** Takes over memory that was allocated elsewhere, with one reference. */
  adopt(bytes: ArrayBuffer): Memory {
    this.usedBytes += bytes.byteLength;
    return new Memory(bytes);
  }

  /** Removes one reference; with the last one the memory becomes free. */
  release(memory: Memory): void {
    if (--memory.references > 0) return;
    const size = memory.bytes.byteLength;
    this.usedBytes -= size;
    this.freeBytes += size;
    const list = this.free.get(size) ?? [];
    list.push(memory);
    // Re-inserted at the end: the map is ordered by last use.
    this.free.delete(size);
    this.free.set(size, list);
    this.trim(Math.max(minimumCache, this.usedBytes));
  }

  clear(): void {
    this.trim(0);
  }

  private trim(limit: number): void {
    for (const [size, list] of this.free) {
      while (this.freeBytes > limit && list.pop()) this.freeBytes -= size;
      if (this.freeBytes <= limit) return;
      this.free.delete(size);
    }
  }
}
