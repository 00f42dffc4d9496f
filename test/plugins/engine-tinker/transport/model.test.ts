import { describe, expect, it } from 'vitest';
import { deleteCheckpoint } from '../../../../plugins/engine-tinker/transport/checkpoints.js';
import type { FakeTinkerServer } from '../../../support/tinker-server.js';
import { until } from '../../../support/until.js';
import { createPolicy, datum, openSession, startServer } from './scenario.js';

const ppo = { lossFn: 'ppo' };

async function policyOf(limits = {}, options = {}) {
  const server = await startServer(options);
  const session = await openSession({ url: server.url, limits });
  const policy = await createPolicy(session);
  return { server, session, policy, state: () => server.models.get(policy.id) };
}

describe('a pass', () => {
  it('gives scores in the order of the data and merged metrics, whatever the chunks', async () => {
    const data = Array.from({ length: 10 }, (_, i) => datum(i, 1, 1 + (i % 3)));
    for (const maxChunkDatums of [1, 3, 100]) {
      const { server, policy } = await policyOf({ maxChunkDatums, maxRequestsInFlight: 4 });
      const { outputs, metrics, count } = await policy.forward(data, { lossFn: 'cross_entropy' });
      expect(outputs.map(({ logprobs }) => Array.from(logprobs!))).toEqual(
        data.map(({ inputs }) => Array.from(inputs['target_tokens']!, (target) => -target)),
      );
      expect(count).toBe(10);
      expect(metrics['loss:sum']).toBe(45);
      expect(metrics['share:mean']).toBeCloseTo(4.5, 12);
      expect(server.models.get(policy.id)?.gradient).toBe(0);
      expect(server.asked.filter((path) => path === 'forward_backward')).toHaveLength(Math.ceil(10 / maxChunkDatums));
    }
  });

  it('is cut by bytes', async () => {
    const { server, policy, state } = await policyOf({ maxChunkBytes: 30_000 });
    await policy.forwardBackward(
      [1, 2, 3, 4].map((target) => datum(target, 1, 800)),
      ppo,
    );
    expect(state()?.gradient).toBe(10);
    expect(server.asked.filter((path) => path === 'forward_backward')).toHaveLength(2);
    expect(policy.requestCount).toBe(2);
  });

  it('refuses a sequence that no request can hold', async () => {
    const { policy } = await policyOf({ maxChunkBytes: 10_000 });
    const failure = policy.forwardBackward([datum(1), datum(2, 1, 5_000)], ppo);
    await expect(failure).rejects.toThrow(/Sequence 1 takes \d+ bytes, and a request may have 10000/);
  });

  it.each([
    [{ maxRequestsInFlight: 3 }, 3],
    [{ maxBytesInFlight: 2_600 }, 2],
  ])('keeps no more waiting than the limits allow (%j)', async (limits, expected) => {
    const { server, policy } = await policyOf({ maxChunkDatums: 1, ...limits });
    const release = server.hold();
    const done = policy.forwardBackward(
      Array.from({ length: 10 }, (_, i) => datum(i)),
      ppo,
    );
    await until(() => server.mostPending >= expected);
    release();
    await done;
    expect(server.mostPending).toBe(expected);
  });

  it('takes data as they are needed', async () => {
    const { server, policy } = await policyOf({ maxChunkDatums: 2, maxRequestsInFlight: 1 }, { workMs: 5 });
    let made = 0;
    let most = 0;
    function* data() {
      for (; made < 20; made++) {
        const sent = server.asked.filter((path) => path === 'forward_backward').length;
        most = Math.max(most, made - 2 * sent);
        yield datum(made);
      }
    }
    await policy.forwardBackward(data(), ppo);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('of no data is never sent: there would be no result', async () => {
    const { server, policy } = await policyOf();
    await expect(policy.forward([], ppo)).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
    expect(server.asked).not.toContain('forward_backward');
  });

  it('ends with its signal', async () => {
    const { policy, server } = await policyOf({ maxChunkDatums: 1, maxRequestsInFlight: 2 });
    expect(
      await stopped(server, (signal) =>
        policy.forwardBackward(
          [1, 2, 3].map((i) => datum(i)),
          { ...ppo, signal },
        ),
      ),
    ).toMatchObject({ message: 'stopped' });
  });
});

/** What a call ends with that is stopped after two of its requests were sent. */
async function stopped(server: FakeTinkerServer, call: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController();
  server.hold();
  const failure = call(controller.signal).catch((error: unknown) => error);
  await until(() => server.asked.filter((path) => path === 'forward_backward').length === 2);
  controller.abort(new Error('stopped'));
  return failure;
}

describe('a step', () => {
  it('uses everything since the last one and counts on', async () => {
    const { policy, state } = await policyOf({ maxChunkDatums: 2 });
    await policy.forwardBackward([datum(1), datum(2), datum(3)], ppo);
    await policy.forwardBackward([datum(4, 0.5)], ppo);
    expect(await policy.optimStep({ learning_rate: 0.5 })).toEqual({
      'skyrl.ai/grad_norm': 8,
      'skyrl.ai/learning_rate': 0.5,
    });
    expect(state()).toMatchObject({ number: 4, steps: 1, gradient: 0 });
    expect(policy.requestCount).toBe(4);
  });

  it('shows that the gradient was not finite', async () => {
    const { policy, state } = await policyOf();
    await policy.forwardBackward([datum(1, NaN)], ppo);
    expect(await policy.optimStep({ learning_rate: 1 })).toMatchObject({ 'skyrl.ai/grad_norm': null });
    expect(state()?.number).toBe(0);
  });

  it('is not taken after a call that failed: its gradient is not known', async () => {
    const { policy, server } = await policyOf({ maxChunkDatums: 1 });
    await stopped(server, (signal) => policy.forwardBackward([datum(1), datum(2)], { ...ppo, signal }));
    const sent = server.asked.length;
    await expect(policy.optimStep({ learning_rate: 1 })).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
    expect(server.asked.slice(sent)).not.toContain('optim_step');
  });

  it('may be taken after a forward pass that failed', async () => {
    const { policy } = await policyOf({ maxChunkBytes: 5_000 });
    await policy.forwardBackward([datum(1)], ppo);
    await expect(policy.forward([datum(1, 1, 5_000)], ppo)).rejects.toMatchObject({ code: 'ORZ_SERVER' });
    expect(await policy.optimStep({ learning_rate: 1 })).toMatchObject({ 'skyrl.ai/grad_norm': 1 });
  });
});

describe('checkpoints', () => {
  it('under a name that was used are refused', async () => {
    const { policy } = await policyOf();
    expect(await policy.saveWeights('a')).toBe(`tinker://${policy.id}/weights/a`);
    await expect(policy.saveWeights('a')).rejects.toThrow(/409 Checkpoint 'a' already exists/);
  });

  it('are deleted, also if they are not there', async () => {
    const { policy, server, session } = await policyOf();
    const path = await policy.saveWeights('a');
    for (let i = 0; i < 2; i++) await deleteCheckpoint(session.connection, path);
    expect(server.checkpoints.size).toBe(0);
    await expect(deleteCheckpoint(session.connection, '/etc/passwd')).rejects.toMatchObject({ code: 'ORZ_CHECKPOINT' });
  });

  it('are loaded only by a fresh model', async () => {
    const { policy } = await policyOf();
    const path = await policy.saveWeights('a');
    await policy.forwardBackward([datum(1)], ppo);
    await expect(policy.loadWeights(path, { withOptimizer: true })).rejects.toThrow(/400 LoadWeights is not permitted/);
  });

  it('that do not exist are an error of their own', async () => {
    const { session } = await policyOf();
    const request = { baseModel: 'base', role: 'policy', rank: 0, seed: 1 } as const;
    const checkpoint = { path: 'tinker://model_0/weights/a', withOptimizer: true };
    await expect(session.createModel({ ...request, checkpoint })).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
  });
});

describe('unloading', () => {
  it('frees the model, also if it is gone', async () => {
    const { policy, server } = await policyOf();
    await policy.unload();
    expect(server.models.size).toBe(0);
    await policy.unload();
    await expect(policy.optimStep({ learning_rate: 1 })).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
  });
});
