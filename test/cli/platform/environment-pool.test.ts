import { afterEach, describe, expect, it } from 'vitest';
import { createEnvironmentPool } from '../../../cli/platform/environment-pool.js';
import type { EnvironmentPool, EpisodeState } from '../../../core/contracts/environment-pool.js';

const pools: EnvironmentPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.dispose()));
});

/** A pool for an environment whose `step` has the given body; `heard` are the turns so far, the last included. */
async function poolFor(body: string, { timeoutMs = 600_000, maxTurns = 3 } = {}): Promise<EnvironmentPool> {
  const source = `import { threadId } from 'node:worker_threads';
    export default (settings) => ({ name: 'probe', stop: ['='], maxTurns: ${maxTurns},
      reset: (problem, key) => { const heard = [];
        return { step: ({ text }) => { heard.push(text); ${body} } }; } });`;
  const pool = await createEnvironmentPool(
    {
      moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`,
      settings: { died: new Int32Array(new SharedArrayBuffer(4)) },
    },
    { workers: 2, timeoutMs },
  );
  pools.push(pool);
  return pool;
}

const state = (episode: number, ...texts: string[]): EpisodeState => ({
  index: episode,
  episode,
  problem: { id: 'p/1', prompt: '', answer: '7' },
  key: [1, 0],
  actions: texts.map((text) => ({ text, stopReason: 'stop' })),
});

describe('the pool of stepping threads', () => {
  it('tells what ends a turn, and keeps an episode in one thread', async () => {
    const pool = await poolFor("return { done: false, observation: heard.join() + '@' + threadId };");
    expect([pool.stop, pool.maxTurns]).toEqual([['='], 3]);
    expect(await pool.step(state(0))).toEqual({ done: false });
    const threads = new Set<string>();
    for (const texts of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      const { observation } = (await pool.step(state(0, ...texts))) as { observation: string };
      const [heard, thread] = observation.split('@');
      expect(heard).toBe(texts.join());
      threads.add(String(thread));
    }
    const other = (await pool.step(state(1, 'a'))) as { observation: string };
    expect(threads.size).toBe(1);
    expect([...threads]).not.toContain(other.observation.split('@')[1]);
  });

  it('goes on in another thread with an episode whose thread died', async () => {
    const dying = `if (text === 'b' && Atomics.add(settings.died, 0, 1) === 0) process.exit(1);
      return { done: false, observation: heard.join() };`;
    const pool = await poolFor(dying);
    await pool.step(state(0, 'a'));
    expect(await pool.step(state(0, 'a', 'b'))).toEqual({ done: false, observation: 'a,b' });
    expect(pool.stats).toEqual({ timeouts: 0, crashes: 1, retries: 1 });
  });

  it('gives up an episode on which threads die or hang twice, and no other', async () => {
    const pool = await poolFor("if (text === 'x') process.exit(1); return { done: true, reward: 1 };");
    expect(await pool.step(state(0, 'x'))).toEqual({ done: 'gave-up' });
    expect(await pool.step(state(2, 'a'))).toEqual({ done: true, reward: 1 });
    const hanging = await poolFor("if (text === 'x') for (;;); return { done: true };", { timeoutMs: 300 });
    expect(await hanging.step(state(0, 'x'))).toEqual({ done: 'gave-up' });
    expect(await hanging.step(state(2, 'a'))).toEqual({ done: true });
    expect(hanging.stats).toEqual({ timeouts: 2, crashes: 0, retries: 1 });
  });

  it('ends with the error of a step, which names environment and problem', async () => {
    const throwing = await poolFor("throw new Error('no')");
    await expect(throwing.step(state(0, 'a'))).rejects.toMatchObject({
      code: 'ORZ_ENVIRONMENT',
      message: 'the environment "probe" failed on problem "p/1": no',
    });
    const wrong = await poolFor('return { done: false };');
    await expect(wrong.step(state(4, 'a'))).rejects.toMatchObject({
      code: 'ORZ_ENVIRONMENT',
      message: expect.stringMatching(/"probe" on problem "p\/1", rollout 4, returned the observation undefined/),
    });
  });

  it('refuses a module that makes no environment', async () => {
    await expect(
      createEnvironmentPool(
        { moduleUrl: 'data:text/javascript,export default () => ({ name: "x" })', settings: {} },
        { workers: 1, timeoutMs: 1000 },
      ),
    ).rejects.toMatchObject({ code: 'ORZ_ENVIRONMENT', message: expect.stringContaining('no environment') });
    await expect(poolFor('', { maxTurns: 0 })).rejects.toMatchObject({
      code: 'ORZ_ENVIRONMENT',
    });
  });
});
