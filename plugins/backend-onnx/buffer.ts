import type { DeviceBuffer } from '../../core/contracts/backend.js';
import { nearestBf16, widenBf16 } from '../../core/compute/tensor/bf16.js';
import type { DType, Shape, TensorData } from '../../core/compute/tensor/types.js';
import { consumedBuffer } from './errors.js';
import type { HostData, Memory } from './memory.js';

/** A copy of elements as the contract gives them out. */
export function readElements(contents: HostData): TensorData {
  if (!(contents instanceof Uint16Array)) return contents.slice();
  const floats = new Float32Array(contents.length);
  widenBf16(contents, floats);
  return floats;
}

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
  get contents(): HostData {
    return this.memory.elements(this.dtype, this.shape);
  }

  /** Overwrites elements from `offset` on. */
  store(data: TensorData, offset: number): void {
    const { contents } = this;
    if (contents instanceof Uint16Array) nearestBf16(data as Float32Array, contents);
    else contents.set(data, offset);
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
