import { describe, expect, it } from 'vitest';
import { Gate } from '../../../../plugins/engine-tinker/transport/gate.js';

const never = new AbortController().signal;

describe('Gate', () => {
  it('lets through in order, as many and as much as fits', async () => {
    const gate = new Gate({ maxRequests: 2, maxBytes: 100 });
    const inside: number[] = [];
    const enter = async (id: number, bytes: number) => {
      const leave = await gate.enter(bytes, never);
      inside.push(id);
      return leave;
    };
    const leaves = [await enter(1, 10), await enter(2, 20)];
    const third = enter(3, 95);
    const fourth = enter(4, 1);
    leaves[1]!();
    await Promise.resolve();
    // The fourth would fit, but does not overtake.
    expect(inside).toEqual([1, 2]);
    leaves[0]!();
    (await third)();
    (await fourth)();
    expect(inside).toEqual([1, 2, 3, 4]);
  });

  it('lets what is larger than the limit through alone', async () => {
    const gate = new Gate({ maxRequests: 2, maxBytes: 100 });
    const leave = await gate.enter(1_000, never);
    let isIn = false;
    const next = gate.enter(1, never).then(() => (isIn = true));
    await Promise.resolve();
    expect(isIn).toBe(false);
    leave();
    await next;
  });

  it('forgets who gives up', async () => {
    const gate = new Gate({ maxRequests: 1, maxBytes: 100 });
    const leave = await gate.enter(1, never);
    const controller = new AbortController();
    const waiting = gate.enter(1, controller.signal);
    const next = gate.enter(1, never);
    controller.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await expect(gate.enter(1, controller.signal)).rejects.toThrow('stopped');
    leave();
    (await next)();
  });
});
