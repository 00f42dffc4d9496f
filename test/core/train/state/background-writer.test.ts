import { expect, it } from 'vitest';
import { BackgroundWriter } from '../../../../core/train/state/background-writer.js';

/** Work that ends when it is told. */
function work() {
  let end!: (error?: Error) => void;
  const promise = new Promise<void>((resolve, reject) => {
    end = (error) => {
      if (error) reject(error);
      else resolve();
    };
  });
  return { run: () => promise, end };
}

it('begins at once and never two at a time', async () => {
  const writer = new BackgroundWriter(),
    [first, second] = [work(), work()];
  const order: string[] = [];
  await writer.begin(async () => {
    order.push('first begins');
    await first.run();
    order.push('first ends');
  });
  expect([order, writer.pending]).toEqual([['first begins'], true]);
  const begun = writer.begin(async () => {
    order.push('second begins');
    await second.run();
  });
  await Promise.resolve();
  expect(order).toEqual(['first begins']);
  first.end();
  await begun;
  expect(order).toEqual(['first begins', 'first ends', 'second begins']);
  second.end();
  await writer.settle();
  expect(writer.pending).toBe(false);
});

it('tells the error of the work once, at the next call', async () => {
  const writer = new BackgroundWriter(),
    failing = work();
  await writer.begin(failing.run);
  failing.end(new Error('disk full'));
  await expect(writer.settle()).rejects.toThrow('disk full');
  await expect(writer.settle()).resolves.toBeUndefined();
  await writer.begin(() => Promise.reject(new Error('again')));
  await expect(writer.begin(() => Promise.resolve())).rejects.toThrow('again');
});
