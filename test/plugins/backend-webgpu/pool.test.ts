import { expect, it } from 'vitest';
import { BufferPool, partsOf } from '../../../plugins/backend-webgpu/memory/pool.js';

function poolOf(largest: number): { pool: BufferPool; made: number[]; destroyed: number[] } {
  const made: number[] = [],
    destroyed: number[] = [];
  const pool = new BufferPool(
    {
      create: (size) => {
        made.push(size);
        return { size } as GPUBuffer;
      },
      destroy: (buffer) => {
        destroyed.push(buffer.size);
      },
    },
    largest,
  );
  return { pool, made, destroyed };
}

it('released memory is used again, and every buffer is counted until it is destroyed', () => {
  const { pool, made, destroyed } = poolOf(2 ** 20);
  const first = pool.allocate(1000, 'x');
  expect(made).toEqual([1024]);
  pool.release(first);
  expect(pool.allocated).toEqual({ buffers: 1, bytes: 1024 });
  expect(pool.allocate(900, 'y')).toEqual(first);
  const second = pool.allocate(900, 'z');
  expect(made).toEqual([1024, 1024]);
  expect(pool.allocated).toEqual({ buffers: 2, bytes: 2048 });
  pool.release(first);
  pool.close();
  expect(destroyed).toEqual([1024]);
  expect(pool.allocated).toEqual({ buffers: 1, bytes: 1024 });
  pool.release(second);
  expect(pool.allocated).toEqual({ buffers: 0, bytes: 0 });
});

const MiB = 2 ** 20;

it('free memory is kept up to the peak of use; beyond that the least recently used is destroyed first', () => {
  const { pool, destroyed } = poolOf(2 ** 30);
  const sizes = [160, 80, 40].map((size) => pool.allocate(size * MiB, `${size} MiB`));
  for (const memory of sizes) pool.release(memory);
  expect(destroyed).toEqual([]);
  const other = pool.allocate(128 * MiB, 'another size');
  expect(destroyed).toEqual([160 * MiB]);
  expect(pool.allocated.bytes).toBe(248 * MiB);
  pool.release(other);
  expect(pool.allocated.bytes).toBe(248 * MiB);
});

it('a new size finds room although what was released had another', () => {
  const { pool, destroyed } = poolOf(2 ** 30);
  pool.allocate(384 * MiB, 'kept');
  pool.release(pool.allocate(320 * MiB, 'released'));
  pool.allocate(448 * MiB, 'new');
  expect(destroyed).toEqual([320 * MiB]);
  expect(pool.allocated.bytes).toBe(832 * MiB);
});

it('sizes are few, and at most an eighth larger than asked for', () => {
  const { pool } = poolOf(2 ** 30);
  for (const bytes of [4096, 5000, 100_000, 999_999, 123_456_789]) {
    expect(pool.sizeOf(bytes)).toBeGreaterThanOrEqual(bytes);
    expect(pool.sizeOf(bytes)).toBeLessThanOrEqual(bytes * 1.125);
    expect(pool.sizeOf(bytes) % 256).toBe(0);
  }
  expect(pool.sizeOf(4)).toBe(256);
});

it('memory longer than a buffer comes in parts, and a range is found in them', () => {
  const { pool, made } = poolOf(1024);
  const memory = pool.allocate(2500, 'long');
  expect(made).toEqual([1024, 1024, 512]);
  expect([...partsOf(memory, 1000, 2060)].map(({ offset, start, end }) => [offset, start, end])).toEqual([
    [1000, 1000, 1024],
    [0, 1024, 2048],
    [0, 2048, 2060],
  ]);
  pool.release(memory);
  expect(pool.allocated).toEqual({ buffers: 3, bytes: 2560 });
});
