import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { HostValues } from './programs.js';

/** The buffers of one call; those still alive when it is over are released together. */
export class Scratch {
  private readonly buffers = new Set<DeviceBuffer>();

  constructor(private readonly backend: Backend) {}

  /** Makes this the owner of a buffer. */
  own(buffer: DeviceBuffer): DeviceBuffer {
    this.buffers.add(buffer);
    return buffer;
  }

  /** A buffer with a copy of the values. */
  upload({ data, shape }: HostValues): DeviceBuffer {
    return this.own(this.backend.create(shape, data instanceof Int32Array ? 'i32' : 'f32', data));
  }

  release(buffer: DeviceBuffer): void {
    this.buffers.delete(buffer);
    this.backend.release(buffer);
  }

  dispose(): void {
    for (const buffer of this.buffers) if (buffer.alive) this.backend.release(buffer);
  }
}
