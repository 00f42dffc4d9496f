import type { DeviceBuffer } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import { formatType, type DType, type Shape, type TensorData } from '../../core/compute/tensor/types.js';

/** Host memory with a life: the values are gone once it is released or donated. */
export class ReferenceBuffer implements DeviceBuffer {
  readonly bytes: number;
  #values: TensorData;
  #end: string | undefined;

  constructor(
    readonly owner: object,
    readonly shape: Shape,
    readonly dtype: DType,
    values: TensorData,
  ) {
    this.#values = values;
    this.bytes = values.byteLength;
  }

  get alive(): boolean {
    return this.#end === undefined;
  }

  /** The values, live, not a copy; throws ORZ_BUFFER_CONSUMED if the buffer is dead. */
  get values(): TensorData {
    this.assertAlive();
    return this.#values;
  }

  /** Throws ORZ_BUFFER_CONSUMED if the buffer is dead, saying how it died. */
  assertAlive(): void {
    if (this.#end === undefined) return;
    throw new OrzError(
      'ORZ_BUFFER_CONSUMED',
      `a buffer ${formatType(this)} was ${this.#end} and cannot be used any more`,
      { value: formatType(this), remedy: 'use the output that replaces a donated input' },
    );
  }

  /** Ends the buffer's life; `how` completes "was …". Nothing may use it afterwards. */
  kill(how: string): void {
    this.#end = how;
    this.#values = new Float32Array(0);
  }
}
