import type { DeviceBuffer } from '../../../core/contracts/backend.js';
import { OrzError } from '../../../core/errors.js';
import type { Memory } from './pool.js';
import { formatType, sizeOf, type DType, type Shape } from '../../../core/compute/tensor/types.js';

/** A tensor in GPU memory, until it is released or donated. */
export class WebGpuBuffer implements DeviceBuffer {
  readonly bytes: number;
  /** Other forms of the contents, which the backend keeps as long as these do not change. */
  readonly forms = new Map<string, Memory>();
  #memory: Memory | undefined;

  constructor(
    readonly owner: object,
    readonly shape: Shape,
    readonly dtype: DType,
    memory: Memory,
  ) {
    this.bytes = 4 * sizeOf(shape);
    this.#memory = memory;
  }

  get alive(): boolean {
    return this.#memory !== undefined;
  }

  /** The GPU memory, which may be longer than the tensor. ORZ_BUFFER_CONSUMED if the tensor is gone. */
  get memory(): Memory {
    if (this.#memory) return this.#memory;
    throw new OrzError('ORZ_BUFFER_CONSUMED', `a buffer ${formatType(this)} was released, or donated to a program`, {
      value: formatType(this),
      remedy: 'use the output that replaces a donated input',
    });
  }

  /** Ends the tensor's life and hands its memory to the caller. */
  surrender(): Memory {
    const { memory } = this;
    this.#memory = undefined;
    return memory;
  }
}
