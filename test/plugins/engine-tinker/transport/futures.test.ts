import { describe, expect, it } from 'vitest';
import { until } from '../../../support/until.js';
import { createPolicy, datum, openSession, startServer } from './scenario.js';

const ppo = { lossFn: 'ppo' };

describe.each(['skyrl', 'hosted'] as const)('a result of a server like %s', (style) => {
  it('is polled for until it is there', async () => {
    const server = await startServer({ style, holdMs: 5 });
    const policy = await createPolicy(await openSession(server));
    const release = server.hold();
    const result = policy.forwardBackward([datum(3)], ppo);
    const polls = () => server.asked.filter((path) => path === 'retrieve_future').length;
    const before = polls();
    await until(() => polls() > before + 2);
    release();
    expect(await result).toMatchObject({ metrics: { 'loss:sum': 3 } });
  });

  it('that failed is an error with the words of the server', async () => {
    const server = await startServer({ style });
    const policy = await createPolicy(await openSession(server));
    server.restart();
    const failure = policy.optimStep({ learning_rate: 1 });
    await expect(failure).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
    await expect(failure).rejects.toThrow(/optim_step of model_\d+ \(request 1\) needs: Model model_\d+ not loaded/);
  });
});

describe('a result', () => {
  it('whose server holds the poll longer than it may is polled for again', async () => {
    const server = await startServer({ holdMs: 60_000 });
    const policy = await createPolicy(await openSession({ url: server.url, times: { pollMs: 30 } }));
    const release = server.hold();
    const result = policy.forwardBackward([datum(3)], ppo);
    await until(() => server.asked.slice(-3).every((path) => path === 'retrieve_future'));
    release();
    await result;
    expect(server.models.get(policy.id)?.gradient).toBe(3);
  });

  it('that the server has lost is an error of its own', async () => {
    const server = await startServer({ holdMs: 1_000 });
    const policy = await createPolicy(await openSession(server));
    server.hold();
    const failure = policy.forwardBackward([datum(3)], ppo).catch((error: unknown) => error);
    await until(() => server.asked.slice(-2).join() === 'forward_backward,retrieve_future');
    server.restart();
    expect(await failure).toMatchObject({ code: 'ORZ_SERVER_STATE' });
  });
});
