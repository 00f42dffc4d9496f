import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverCapabilities } from '../../../../plugins/engine-tinker/transport/capabilities.js';
import { until } from '../../../support/until.js';
import { createPolicy, datum, openSession, startServer } from './scenario.js';

describe('a session', () => {
  it('knows what the server offers', async () => {
    const { connection } = await openSession(await startServer());
    expect(await serverCapabilities(connection)).toEqual({ models: [{ name: 'base' }] });
  });

  it('lives by heartbeats', async () => {
    const server = await startServer();
    const session = await openSession({ url: server.url, times: { heartbeatMs: 10 } });
    await until(() => server.heartbeats > 2);
    expect(session.lost.aborted).toBe(false);
  });

  it('lives while the main thread is busy', async () => {
    const { url, requests } = await startThreadServer();
    await openSession({ url, times: { heartbeatMs: 10 } });
    const before = Atomics.load(requests, 0);
    // Nothing else of this thread gets a turn before heartbeats have come.
    while (Atomics.load(requests, 0) < before + 3) Atomics.wait(requests, 1, 0, 1);
  });

  it('that the server does not know any more ends all calls', async () => {
    const server = await startServer({ holdMs: 20 });
    const session = await openSession({ url: server.url, times: { heartbeatMs: 10 } });
    server.hold();
    const failure = createPolicy(session).catch((error: unknown) => error);
    await until(() => server.asked.includes('retrieve_future'));
    server.forgetSessions();
    expect(await failure).toMatchObject({ code: 'ORZ_SERVER_STATE' });
    expect(String(await failure)).toMatch(/has ended the session session_\d+: 404/);
  });

  it('whose server answers no heartbeats ends all calls', async () => {
    const server = await startServer({ holdMs: 1_000_000 });
    const times = { heartbeatMs: 10, patienceMs: 100, pollMs: 1_000_000 };
    const session = await openSession({ url: server.url, times });
    server.hold();
    await until(() => server.heartbeats > 0);
    const policy = createPolicy(session);
    const failure = expect(policy).rejects.toMatchObject({ code: 'ORZ_SERVER_UNREACHABLE' });
    await server.close();
    await failure;
  });

  it('refuses a wrong key before anything starts', async () => {
    const server = await startServer({ key: 'right' });
    await expect(openSession({ url: server.url, key: 'wrong' })).rejects.toThrow(/401 Invalid API key/);
    const session = await openSession({ url: server.url, key: 'right', times: { heartbeatMs: 10 } });
    await until(() => server.heartbeats > 1);
    expect(session.lost.aborted).toBe(false);
  });

  it('makes models from checkpoints, moments included or not', async () => {
    const server = await startServer();
    const session = await openSession(server);
    const policy = await createPolicy(session);
    await policy.forwardBackward([datum(5)], { lossFn: 'ppo' });
    await policy.optimStep({ learning_rate: 2 });
    const path = await policy.saveWeights('a');
    for (const withOptimizer of [true, false]) {
      const request = { baseModel: 'base', role: 'policy', rank: 0, seed: 1 } as const;
      const copy = await session.createModel({ ...request, checkpoint: { path, withOptimizer } });
      expect(server.models.get(copy.id)).toMatchObject({ number: 10, steps: withOptimizer ? 1 : 0 });
    }
  });
});

/** A server in a thread of its own that says yes to everything and counts in memory that both share. */
async function startThreadServer(): Promise<{ readonly url: string; readonly requests: Int32Array }> {
  const requests = new Int32Array(new SharedArrayBuffer(8));
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const server = require('node:http').createServer((request, response) => {
      request.resume().on('end', () => {
        Atomics.add(workerData, 0, 1);
        response.end('{"session_id":"session_1"}');
      });
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
  const thread = new Worker(code, { eval: true, workerData: requests });
  onTestFinished(async () => {
    await thread.terminate();
  });
  const [port] = (await once(thread, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, requests };
}
