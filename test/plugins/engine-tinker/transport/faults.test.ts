import { describe, expect, it, onTestFinished } from 'vitest';
import { randomFaults, startFaultyProxy, type Fault } from '../../../support/tinker-proxy.js';
import type { FakeTinkerServer } from '../../../support/tinker-server.js';
import { openSession, playScenario, startServer } from './scenario.js';

const limits = { maxChunkDatums: 2, maxRequestsInFlight: 3 };

async function playThrough(faults: Parameters<typeof startFaultyProxy>[0]['faults']) {
  const server = await startServer({ workMs: 1 });
  const proxy = await startFaultyProxy({ target: server.url, faults });
  onTestFinished(() => proxy.close());
  const session = await openSession({ url: proxy.url, limits });
  const seen = await playScenario(session);
  return { seen, server, proxy };
}

/** Numbers and steps of the models that were trained: one that nobody heard of when it was made stays as it was. */
const trained = ({ server }: { readonly server: FakeTinkerServer }) =>
  [...server.models.values()].filter(({ steps }) => steps > 0).map(({ number, steps }) => [number, steps]);

describe('a run through a network that fails', () => {
  let plain: Awaited<ReturnType<typeof playThrough>>;
  it('has its results without failures', async () => {
    plain = await playThrough(() => undefined);
    expect(trained(plain)).toHaveLength(2);
  });

  it.each([1, 2, 3, 4])('has the same results, nothing lost and nothing counted twice (seed %i)', async (seed) => {
    const faulty = await playThrough(randomFaults(seed, 0.3));
    expect(faulty.seen).toEqual(plain.seen);
    const made = Object.values(faulty.proxy.made).reduce((a, b) => a + b, 0);
    expect(made).toBeGreaterThan(15);
    expect(trained(faulty)).toEqual(trained(plain));
  });

  const kinds: readonly Fault[] = [
    { kind: 'reset' },
    { kind: 'drop-reply' },
    { kind: 'cut' },
    { kind: 'repeat', reply: 'first' },
    { kind: 'repeat', reply: 'second' },
    { kind: 'status', status: 500, after: true },
    { kind: 'status', status: 503, after: false },
    { kind: 'status', status: 429, after: false, headers: { 'retry-after': '0' } },
  ];
  it.each(kinds)('has the same results if every first request of a kind meets %j', async (fault) => {
    const faulty = await playThrough(({ indexOfPath }) => (indexOfPath === 0 ? fault : undefined));
    expect(faulty.seen).toEqual(plain.seen);
    expect(trained(faulty)).toEqual(trained(plain));
  });
});
