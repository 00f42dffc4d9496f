import { describe, expect, it } from 'vitest';
import { MemoryPool } from '../../../plugins/backend-onnx/memory.js';

const mebibyte = 2 ** 20;

describe('the memory pool', () => {
  it('allocates memory of the same size again once its last reference is gone', () => {
    const pool = new MemoryPool();
    const first = pool.allocate(64);
    first.references++;
    pool.release(first);
    expect(pool.allocate(64)).not.toBe(first);
    pool.release(first);
    expect(pool.allocate(128)).not.toBe(first);
    expect(pool.allocate(64)).toBe(first);
    expect(first.references).toBe(1);
  });

  it('keeps at most 64 MiB of free memory when little is in use, and frees the least recently used size first', () => {
    const pool = new MemoryPool();
    const [old, recent, last] = [
      pool.allocate(30 * mebibyte),
      pool.allocate(31 * mebibyte),
      pool.allocate(32 * mebibyte),
    ];
    for (const memory of [old, recent, last]) pool.release(memory);
    const again = [pool.allocate(32 * mebibyte), pool.allocate(31 * mebibyte), pool.allocate(30 * mebibyte)];
    expect([again[0] === last, again[1] === recent, again[2] === old]).toEqual([true, true, false]);
  });

  it('keeps as much free memory as is in use', () => {
    const pool = new MemoryPool();
    pool.allocate(100 * mebibyte);
    const parts = [pool.allocate(50 * mebibyte), pool.allocate(50 * mebibyte)];
    for (const memory of parts) pool.release(memory);
    expect([pool.allocate(50 * mebibyte), pool.allocate(50 * mebibyte)].every((memory) => parts.includes(memory))).toBe(
      true,
    );
  });
});
