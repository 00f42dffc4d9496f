import type { DeviceBuffer } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import { formatType, type DType, type Shape, type TensorData } from '../../core/compute/tensor/types.js';
import type { Memory } from './memory.js';

/** A handle to memory; dead once that has been handed over to a program or given back. */
export class OnnxBuffer implements DeviceBuffer {
  readonly bytes: number;

  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    private held: Memory | undefined,
  ) {
    this.bytes = held!.bytes.byteLength;
  }

  get alive(): boolean {
    return this.held !== undefined;
  }

  /** The memory; throws ORZ_BUFFER_CONSUMED if the buffer is dead. */
  get memory(): Memory {
    if (!this.held)
      throw new OrzError(
        'ORZ_BUFFER_CONSUMED',
        `a buffer ${formatType(this)} was used after it was released or donated`,
        { remedy: 'use the output that replaces a donated input' },
      );
    return this.held;
  }

  /** The elements, without a copy. */
  get contents(): TensorData {
    return this.dtype === 'f32' ? this.memory.f32 : this.memory.i32;
  }

  /** Puts other memory behind the handle. */
  replace(memory: Memory): void {
    this.held = memory;
  }

  /** Kills the handle and returns its memory. */
  surrender(): Memory {
    const memory = this.memory;
    this.held = undefined;
    return memory;
  }
}
