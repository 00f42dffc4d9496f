import type { DeviceBuffer } from '../../core/contracts/backend.js';
import { bytesOf, type DType, type Shape, type TensorData } from '../../core/compute/tensor/types.js';
import { consumedBuffer } from './errors.js';

/** A tensor in host memory whose values are gone once it is released or donated; bf16 is kept as f32. */
export class ReferenceBuffer implements DeviceBuffer {
  /** As the dtype counts them. */
  readonly bytes: number;
  #values: TensorData;
  #causeOfDeath: string | undefined;

  constructor(
    readonly owner: object,
    readonly shape: Shape,
    readonly dtype: DType,
    values: TensorData,
  ) {
    this.#values = values;
    this.bytes = bytesOf({ shape, dtype });
  }

  get alive(): boolean {
    return this.#causeOfDeath === undefined;
  }

  /** The values themselves, not a copy; throws ORZ_BUFFER_CONSUMED if the buffer is dead. */
  get values(): TensorData {
    this.assertAlive();
    return this.#values;
  }

  /** Throws ORZ_BUFFER_CONSUMED if the buffer is dead, saying why. */
  assertAlive(): void {
    if (this.#causeOfDeath !== undefined) throw consumedBuffer(this, this.#causeOfDeath);
  }

  /** Drops the values; every later use throws. `cause` completes "was …". */
  invalidate(cause: string): void {
    this.#causeOfDeath = cause;
    this.#values = new Float32Array(0);
  }
}
