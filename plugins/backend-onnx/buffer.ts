import type { DeviceBuffer } from '../../core/contracts/backend.js';
import type { DType, Shape, TensorData } from '../../core/compute/tensor/types.js';
import { consumedBuffer } from './errors.js';
import type { Memory } from './memory.js';

/** A handle to memory; dead once that has been donated to a program or released. */
export class OnnxBuffer implements DeviceBuffer {
  readonly bytes: number;
  #memory: Memory | undefined;

  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    memory: Memory,
  ) {
    this.bytes = memory.bytes.byteLength;
    this.#memory = memory;
  }

  get alive(): boolean {
    return this.#memory !== undefined;
  }

  /** The memory; throws ORZ_BUFFER_CONSUMED if the buffer is dead. */
  get memory(): Memory {
    if (!this.#memory) throw consumedBuffer(this);
    return this.#memory;
  }

  /** The elements, without a copy. */
  get contents(): TensorData {
    return this.dtype === 'f32' ? this.memory.f32 : this.memory.i32;
  }

  /** Puts other memory behind the handle; the caller becomes responsible for the old one. */
  replace(memory: Memory): void {
    this.#memory = memory;
  }

  /** Kills the handle and returns its memory, which the caller then owns. */
  detach(): Memory {
    const { memory } = this;
    this.#memory = undefined;
    return memory;
  }
}
