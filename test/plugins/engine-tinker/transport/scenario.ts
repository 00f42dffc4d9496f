import { onTestFinished } from 'vitest';
import type { Datum } from '../../../../core/tinker/protobuf.js';
import { TinkerConnection } from '../../../../plugins/engine-tinker/transport/connection.js';
import type { TransportLimits, TransportTimes } from '../../../../plugins/engine-tinker/transport/limits.js';
import { TinkerSession } from '../../../../plugins/engine-tinker/transport/session.js';
import { FakeTinkerServer, type FakeServerOptions } from '../../../support/tinker-server.js';

/** Times for tests: nothing waits long, and patience ends soon only where a test says so. */
export const quick: Partial<TransportTimes> = {
  pollMs: 2_000,
  attemptMs: 2_000,
  patienceMs: 20_000,
  firstPauseMs: 2,
  maxPauseMs: 20,
  heartbeatMs: 60_000,
};

/** Ends with the test. */
export async function startServer(options?: FakeServerOptions): Promise<FakeTinkerServer> {
  const server = await FakeTinkerServer.start(options);
  onTestFinished(() => server.close());
  return server;
}

export interface SessionSetup {
  readonly url: string;
  readonly times?: Partial<TransportTimes>;
  readonly limits?: Partial<TransportLimits>;
  readonly key?: string;
}

/** Ends with the test. */
export async function openSession({ url, times, limits, key }: SessionSetup): Promise<TinkerSession> {
  const connection = new TinkerConnection({ url, key, times: { ...quick, ...times } });
  const session = await TinkerSession.open(connection, { limits: limits ?? {} });
  onTestFinished(() => session.close());
  return session;
}

export const createPolicy = (session: TinkerSession) =>
  session.createModel({ baseModel: 'base', role: 'policy', rank: 0, seed: 1 });

/** A datum whose part of the gradient is `target` times the weight. */
export const datum = (target: number, weight = 1, length = 1): Datum => ({
  tokens: new Int32Array(length).fill(1),
  inputs: {
    target_tokens: new Int32Array(length).fill(target),
    weights: Float32Array.from({ length }, (_, i) => (i === 0 ? weight : 0)),
  },
});

/** One run in small: everything that a run does with a server, and what came out of it. */
export async function playScenario(session: TinkerSession) {
  const seen: unknown[] = [];
  let policy = await createPolicy(session);
  const critic = await session.createModel({ baseModel: 'base', role: 'critic', rank: 0, seed: 1 });
  for (let iteration = 1; iteration <= 2; iteration++) {
    const sampler = await policy.saveWeightsForSampler();
    const samples: unknown[] = [];
    await sampler.sample(
      [1, 2, 3, 4].map((prompt) => ({
        prompt: Int32Array.of(prompt),
        count: 2,
        params: { max_tokens: 5, seed: iteration },
      })),
      {
        onResult: (request, { sequences }) => {
          samples[request] = sequences.map(({ tokens }) => Array.from(tokens));
        },
      },
    );
    seen.push(samples);
    for (const model of [critic, policy]) {
      const data = Array.from({ length: 7 }, (_, i) => datum(i + iteration));
      const { outputs } = await model.forward(data, { lossFn: 'cross_entropy' });
      seen.push(outputs.map(({ logprobs }) => Array.from(logprobs ?? [])));
      const { metrics, count } = await model.forwardBackward(data, { lossFn: 'ppo' });
      seen.push(metrics, count, await model.optimStep({ learning_rate: 1 }));
    }
    const path = await policy.saveWeights(`step-${iteration}`);
    await policy.unload();
    policy = await session.createModel({
      baseModel: 'base',
      role: 'policy',
      rank: 0,
      seed: 1,
      checkpoint: { path, withOptimizer: true },
    });
  }
  return seen;
}
