/// <reference types="@webgpu/types" />

/** Free memory is kept up to this many bytes, or up to what is missing to the peak of use. */
const minimumCache = 64 * 2 ** 20;

/** How a pool makes and destroys its buffers. */
export interface BufferMaker {
  create(bytes: number, what: string): GPUBuffer;
  destroy(buffer: GPUBuffer): void;
}

/**
 * Memory of one tensor: one buffer, or several where it is longer than a buffer can be; all but the last have the
 * largest size.
 */
export type Memory = readonly GPUBuffer[];

/** Part of some memory: bytes `start` … `end` of the whole, which begin at byte `offset` of `buffer`. */
export interface MemoryPart {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/**
 * GPU buffers by size class. Memory may be released while submitted work still uses it: the queue is executed in order,
 * so whatever gets it next comes later. The least recently used buffers are destroyed first.
 */
export class BufferPool {
  private readonly free = new Map<number, GPUBuffer[]>();
  private freeBytes = 0;
  private usedBytes = 0;
  private peakBytes = 0;
  private usedBuffers = 0;
  private isClosed = false;

  /** `largest` bytes fit one buffer. */
  constructor(
    private readonly maker: BufferMaker,
    readonly largest: number,
  ) {}

  /** Buffers and bytes that exist on the device, in use or free. */
  get allocated(): { readonly buffers: number; readonly bytes: number } {
    let buffers = this.usedBuffers;
    for (const list of this.free.values()) buffers += list.length;
    return { buffers, bytes: this.usedBytes + this.freeBytes };
  }

  /** Bytes in use. */
  get used(): number {
    return this.usedBytes;
  }

  /**
   * Size of the memory that is allocated for `bytes`: one of few sizes, so that memory can be used again, and at most
   * an eighth more than asked for.
   */
  sizeOf(bytes: number): number {
    const whole = Math.floor(bytes / this.largest) * this.largest,
      rest = bytes - whole;
    if (rest === 0) return whole;
    const step = Math.max(256, 2 ** (Math.floor(Math.log2(rest)) - 3));
    return whole + Math.min(this.largest, Math.ceil(rest / step) * step);
  }

  /** Memory with arbitrary contents; `what` names its purpose if the device has none left. */
  allocate(bytes: number, what: string): Memory {
    const parts: GPUBuffer[] = [];
    for (let left = this.sizeOf(bytes); left > 0; left -= this.largest)
      parts.push(this.allocateBuffer(Math.min(left, this.largest), what));
    return parts;
  }

  release(memory: Memory): void {
    for (const buffer of memory) {
      this.usedBytes -= buffer.size;
      this.freeBytes += buffer.size;
      this.usedBuffers--;
      const list = this.free.get(buffer.size) ?? [];
      list.push(buffer);
      // Inserted again at the end: the map is ordered by last use.
      this.free.delete(buffer.size);
      this.free.set(buffer.size, list);
    }
    this.trim();
  }

  /** Destroys what is free, and from now on what is released. */
  close(): void {
    this.isClosed = true;
    this.trim();
  }

  private allocateBuffer(size: number, what: string): GPUBuffer {
    const reused = this.free.get(size)?.pop();
    if (reused) this.freeBytes -= size;
    else this.trim(size);
    const buffer = reused ?? this.maker.create(size, what);
    this.usedBytes += size;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    this.usedBuffers++;
    return buffer;
  }

  /** Destroys free memory beyond what is kept, so that `wanted` bytes find room. */
  private trim(wanted = 0): void {
    const used = this.usedBytes + wanted,
      limit = this.isClosed ? 0 : Math.max(minimumCache, this.peakBytes - used);
    for (const [size, list] of this.free) {
      while (this.freeBytes > limit) {
        const buffer = list.pop();
        if (!buffer) break;
        this.maker.destroy(buffer);
        this.freeBytes -= size;
      }
      if (list.length === 0) this.free.delete(size);
      if (this.freeBytes <= limit) return;
    }
  }
}

/** The parts of memory that bytes `from` … `to` lie in. */
export function* partsOf(memory: Memory, from: number, to: number): Generator<MemoryPart> {
  let base = 0;
  for (const buffer of memory) {
    const start = Math.max(from, base),
      end = Math.min(to, base + buffer.size);
    if (start < end) yield { buffer, offset: start - base, start, end };
    base += buffer.size;
  }
}
