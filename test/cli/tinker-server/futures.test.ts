import { afterEach, expect, it } from 'vitest';
import { Futures } from '../../../cli/tinker-server/futures.js';
import { done, type Outcome } from '../../../cli/tinker-server/outcome.js';
import { Refusal } from '../../../cli/reward-server/refusal.js';

const opened: Futures[] = [];
afterEach(() => {
  for (const futures of opened.splice(0)) futures.close();
});

let now = 0;
function open(changes: object = {}): Futures {
  now = 0;
  const limits = { holdMs: 20, keepFetchedMs: 5, keepMs: 1000, maxBytes: 2500, ...changes };
  const futures = new Futures(limits, () => now);
  opened.push(futures);
  return futures;
}

const quiet = (): void => undefined;
const bodyOf = async (futures: Futures, id: string): Promise<unknown> =>
  JSON.parse((await futures.retrieve(id, false)).body as string);

it('a result is held back until it is there, and can be fetched again', async () => {
  const futures = open();
  let settle: (outcome: Outcome) => void = quiet;
  const id = futures.open(new Promise((resolve) => (settle = resolve)), quiet);
  const waiting = await futures.retrieve(id, false);
  expect([waiting.status, JSON.parse(waiting.body as string)]).toEqual([
    408,
    expect.objectContaining({ type: 'try_again', request_id: id, queue_state: 'active' }),
  ]);
  const held = bodyOf(futures, id);
  settle(done({ a: 1 }));
  expect([await held, await bodyOf(futures, id)]).toEqual([{ a: 1 }, { a: 1 }]);
});

it('a failure is a result, whose cause is told to the server', async () => {
  const futures = open();
  const told: unknown[] = [];
  const id = futures.open(Promise.reject(new Refusal(400, 'no')), (error) => told.push(error));
  expect(await bodyOf(futures, id)).toEqual({ error: 'no', category: 'user' });
  expect(told).toHaveLength(1);
});

it('results are dropped a while after they were fetched, and oldest first when they are too many', async () => {
  const futures = open();
  const ids = Array.from({ length: 4 }, (_, i) => futures.open(Promise.resolve(done({ i })), quiet));
  expect(await bodyOf(futures, ids[3]!)).toEqual({ i: 3 });
  now = 1;
  const extra = [4, 5].map((i) => futures.open(Promise.resolve(done({ i })), quiet));
  expect(await bodyOf(futures, extra[1]!)).toEqual({ i: 5 });
  await expect(futures.retrieve(ids[0]!, false)).rejects.toMatchObject({ status: 410 });
  expect(await bodyOf(futures, ids[1]!)).toEqual({ i: 1 });
  now = 100;
  const status = (id: string) => futures.retrieve(id, false).catch((error: unknown) => (error as Refusal).status);
  await expect.poll(() => status(ids[3]!)).toBe(410);
  expect(await bodyOf(futures, ids[2]!)).toEqual({ i: 2 });
  await expect(futures.retrieve('12', false)).rejects.toMatchObject({ status: 404 });
});
