/// <reference types="@webgpu/types" />

/** Free memory is kept up to this, or up to what is missing to the most that was ever in use at once. */
const alwaysKept = 64 * 2 ** 20;

/** How a pool makes and destroys what it lends. */
export interface BufferMaker {
  create(bytes: number, what: string): GPUBuffer;
  destroy(buffer: GPUBuffer): void;
}

/** Memory of one tensor: one buffer, or several where it is longer than a buffer can be; all but the last have the largest size. */
export type Memory = readonly GPUBuffer[];

/**
 * GPU buffers by size class. Memory may be given back while submitted work still uses it: the queue runs in order, so whoever gets it
 * next comes later. Buffers longest unused are destroyed first.
 */
export class BufferPool {
  private readonly free = new Map<number, GPUBuffer[]>();
  private freeBytes = 0;
  private usedBytes = 0;
  private mostUsed = 0;
  private lent = 0;
  private closed = false;

  /** `largest` bytes fit one buffer. */
  constructor(
    private readonly maker: BufferMaker,
    readonly largest: number,
  ) {}

  /** Buffers and bytes that exist on the device, lent or free. */
  get held(): { readonly buffers: number; readonly bytes: number } {
    let buffers = this.lent;
    for (const list of this.free.values()) buffers += list.length;
    return { buffers, bytes: this.usedBytes + this.freeBytes };
  }

  /** Bytes that are lent. */
  get used(): number {
    return this.usedBytes;
  }

  /** Bytes of the memory that holds so many: few different sizes, so that memory fits each other's place, and at most an eighth more than asked for. */
  sizeOf(bytes: number): number {
    const whole = Math.floor(bytes / this.largest) * this.largest,
      rest = bytes - whole;
    const step = Math.max(256, 2 ** (Math.floor(Math.log2(Math.max(rest, 1))) - 3));
    return rest === 0 ? whole : whole + Math.min(this.largest, Math.ceil(rest / step) * step);
  }

  /** Memory with arbitrary contents; `what` names its purpose where it cannot be had. */
  take(bytes: number, what: string): Memory {
    const parts: GPUBuffer[] = [];
    for (let left = this.sizeOf(bytes); left > 0; left -= this.largest)
      parts.push(this.takeOne(Math.min(left, this.largest), what));
    return parts;
  }

  /** Gives memory back. */
  give(memory: Memory): void {
    for (const buffer of memory) {
      this.usedBytes -= buffer.size;
      this.freeBytes += buffer.size;
      this.lent--;
      const list = this.free.get(buffer.size) ?? [];
      list.push(buffer);
      // Inserted again at the end: the map is ordered by last use.
      this.free.delete(buffer.size);
      this.free.set(buffer.size, list);
    }
    this.trim();
  }

  /** Destroys what is free, and from now on what is given back. */
  close(): void {
    this.closed = true;
    this.trim();
  }

  private takeOne(size: number, what: string): GPUBuffer {
    const kept = this.free.get(size)?.pop();
    if (kept) this.freeBytes -= size;
    else this.trim(size);
    const buffer = kept ?? this.maker.create(size, what);
    this.usedBytes += size;
    this.mostUsed = Math.max(this.mostUsed, this.usedBytes);
    this.lent++;
    return buffer;
  }

  /** Destroys what is free beyond what is kept, so that it does not stand in the way of `wanted` bytes. */
  private trim(wanted = 0): void {
    const used = this.usedBytes + wanted,
      limit = this.closed ? 0 : Math.max(alwaysKept, this.mostUsed - used);
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

/** The parts of memory that bytes `from` … `to` lie in: which buffer, where in it, and where in the whole. */
export function* partsOf(
  memory: Memory,
  from: number,
  to: number,
): Generator<{ readonly buffer: GPUBuffer; readonly at: number; readonly start: number; readonly end: number }> {
  let base = 0;
  for (const buffer of memory) {
    const start = Math.max(from, base),
      end = Math.min(to, base + buffer.size);
    if (start < end) yield { buffer, at: start - base, start, end };
    base += buffer.size;
  }
}
