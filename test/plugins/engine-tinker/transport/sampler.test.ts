import { describe, expect, it } from 'vitest';
import { until } from '../../../support/until.js';
import { createPolicy, datum, openSession, startServer } from './scenario.js';

const requests = Array.from({ length: 12 }, (_, i) => ({
  prompt: Int32Array.of(i, 100),
  count: 3,
  params: { max_tokens: 8 },
}));

async function samplerOf(limits = {}, options = {}) {
  const server = await startServer(options);
  const policy = await createPolicy(await openSession({ url: server.url, limits }));
  return { server, policy, sampler: await policy.saveWeightsForSampler() };
}

describe('a sampler', () => {
  it('hands over the samples of every request', async () => {
    const { sampler } = await samplerOf();
    const results: number[][][] = [];
    await sampler.sample(requests, {
      onResult: (request, { sequences }) => (results[request] = sequences.map(({ tokens }) => Array.from(tokens))),
    });
    expect(results).toEqual(
      requests.map((_, i) => [
        [0, i, 0],
        [0, i, 1],
        [0, i, 2],
      ]),
    );
  });

  it('keeps the weights that it was given', async () => {
    const { sampler, policy } = await samplerOf();
    await policy.forwardBackward([datum(7)], { lossFn: 'ppo' });
    await policy.optimStep({ learning_rate: 1 });
    const numbers: number[] = [];
    for (const one of [sampler, await policy.saveWeightsForSampler()])
      await one.sample(requests.slice(0, 1), {
        onResult: (_, { sequences }) => numbers.push(sequences[0]!.tokens[0]!),
      });
    expect(numbers).toEqual([0, 7]);
  });

  it.each([
    [2_000, 12],
    [2, 2],
  ])('posts as many at once as may wait (%i: %i)', async (maxSamplesInFlight, expected) => {
    const { server, sampler } = await samplerOf({ maxSamplesInFlight });
    const release = server.hold();
    const done = sampler.sample(requests, { onResult: () => undefined });
    await until(() => server.mostPending >= expected);
    release();
    await done;
    expect(server.mostPending).toBe(expected);
  });

  it('keeps few polls open for many requests', async () => {
    const server = await startServer({ holdMs: 600_000 });
    const policy = await createPolicy(await openSession({ url: server.url, times: { pollMs: 600_000 } }));
    const sampler = await policy.saveWeightsForSampler();
    const release = server.hold();
    let results = 0;
    const many = Array.from({ length: 300 }, (_, i) => ({ ...requests[0]!, prompt: Int32Array.of(i) }));
    const done = sampler.sample(many, { onResult: () => (results += 1) });
    await until(() => server.mostPending === 300 && server.mostPolls >= 256);
    release();
    await done;
    expect([results, server.mostPolls]).toEqual([300, 256]);
  });

  it('stops at the first failure, of the caller too', async () => {
    const { sampler } = await samplerOf({ maxSamplesInFlight: 1 });
    let results = 0;
    const failure = sampler.sample(requests, {
      onResult: () => {
        if (++results === 2) throw new Error('enough');
      },
    });
    await expect(failure).rejects.toThrow('enough');
    expect(results).toBe(2);
  });

  it('whose model is gone is an error of its own', async () => {
    const server = await startServer();
    const policy = await createPolicy(await openSession(server));
    server.restart();
    await expect(policy.saveWeightsForSampler()).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
  });

  it('resolves for nothing to sample', async () => {
    const { sampler, server } = await samplerOf();
    await sampler.sample([], { onResult: () => undefined });
    expect(server.asked).not.toContain('asample');
  });
});
