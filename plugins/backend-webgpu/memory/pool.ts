/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';

/** Free memory is kept up to this, or up to as much as is in use. */
const alwaysKept = 64 * 2 ** 20;

/** Size of the buffer that holds so many bytes: few different sizes, so that buffers fit each other's place, and at most an eighth more than asked for. */
export function sizeClass(bytes: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.ceil(bytes / step) * step;
}

/** How a pool makes and destroys what it lends. */
export interface BufferMaker {
  create(bytes: number, what: string): GPUBuffer;
  destroy(buffer: GPUBuffer): void;
}

/**
 * GPU buffers by size class. A buffer may be given back while submitted work still uses it: the queue runs in order, so whoever gets it
 * next comes later. Those longest unused are destroyed first.
 */
export class BufferPool {
  private readonly free = new Map<number, GPUBuffer[]>();
  private freeBytes = 0;
  private usedBytes = 0;
  private lent = 0;

  constructor(private readonly maker: BufferMaker, private readonly largest: number) {}

  /** Buffers and bytes that exist on the device, lent or free. */
  get held(): { readonly buffers: number; readonly bytes: number } {
    let buffers = this.lent;
    for (const list of this.free.values()) buffers += list.length;
    return { buffers, bytes: this.usedBytes + this.freeBytes };
  }

  /** A buffer with arbitrary contents; `what` names its purpose where it cannot be had. ORZ_INSUFFICIENT beyond the device's limit. */
  take(bytes: number, what: string): GPUBuffer {
    const size = sizeClass(bytes);
    if (size > this.largest) throw tooLarge(what, bytes, this.largest);
    const kept = this.free.get(size)?.pop();
    if (kept) this.freeBytes -= size;
    const buffer = kept ?? this.maker.create(size, what);
    this.usedBytes += size;
    this.lent++;
    return buffer;
  }

  /** Gives a buffer back. */
  give(buffer: GPUBuffer): void {
    this.usedBytes -= buffer.size;
    this.freeBytes += buffer.size;
    this.lent--;
    const list = this.free.get(buffer.size) ?? [];
    list.push(buffer);
    // Inserted again at the end: the map is ordered by last use.
    this.free.delete(buffer.size);
    this.free.set(buffer.size, list);
    this.trim(Math.max(alwaysKept, this.usedBytes));
  }

  /** Destroys what is free. */
  clear(): void {
    this.trim(0);
  }

  private trim(limit: number): void {
    for (const [size, list] of this.free) {
      while (this.freeBytes > limit && list.length > 0) {
        this.maker.destroy(list.pop()!);
        this.freeBytes -= size;
      }
      if (list.length === 0) this.free.delete(size);
      if (this.freeBytes <= limit) return;
    }
  }
}

/** What to do about memory, in every error that reports a lack of it. */
export const memoryRemedy = 'lower engine.microBatchTokens or engine.maxSlots, choose a smaller model, or use a device with more memory';

const tooLarge = (what: string, bytes: number, largest: number): OrzError =>
  new OrzError('ORZ_INSUFFICIENT', `${what} takes ${bytes} bytes, more than one buffer of this device can hold`, { value: bytes, allowed: `at most ${largest} bytes`, origin: 'webgpu device limits', remedy: memoryRemedy });
