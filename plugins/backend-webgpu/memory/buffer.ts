import type { DeviceBuffer } from '../../../core/contracts/backend.js';
import type { DType, Shape } from '../../../core/compute/tensor/types.js';
import { consumedBuffer } from '../errors.js';
import type { Memory } from './pool.js';
import { wordsOf } from './words.js';

/** A tensor in GPU memory, until it is released or donated. */
export class WebGpuBuffer implements DeviceBuffer {
  readonly bytes: number;
  /** Other forms of the contents by name, which the backend keeps as long as the contents do not change. */
  readonly forms = new Map<string, Memory>();
  #memory: Memory | undefined;

  constructor(
    readonly owner: object,
    readonly shape: Shape,
    readonly dtype: DType,
    memory: Memory,
  ) {
    this.bytes = 4 * wordsOf(dtype, shape);
    this.#memory = memory;
  }

  get alive(): boolean {
    return this.#memory !== undefined;
  }

  /** The GPU memory, which may be longer than the tensor. ORZ_BUFFER_CONSUMED if the buffer is dead. */
  get memory(): Memory {
    if (!this.#memory) throw consumedBuffer(this);
    return this.#memory;
  }

  /** Kills the buffer and returns its memory, which the caller then owns. */
  detach(): Memory {
    const { memory } = this;
    this.#memory = undefined;
    return memory;
  }
}
