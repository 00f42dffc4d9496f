import { describe, expect, it, onTestFinished } from 'vitest';
import type { Datum } from '../../../../core/tinker/protobuf.js';
import { randomFaults, startFaultyProxy } from '../../../support/tinker-proxy.js';
import { start } from '../../../cli/tinker-server/support.js';
import { openSession } from './scenario.js';

/** Three prompt tokens and a response of `length`. */
function datum(seed: number, length: number, inputs: Datum['inputs']): Datum {
  const token = (i: number): number => 3 + ((seed * 7 + i * 5) % 11);
  return {
    tokens: Int32Array.from({ length: 2 + length }, (_, i) => token(i)),
    inputs: {
      target_tokens: Int32Array.from({ length }, (_, i) => token(3 + i)),
      weights: new Float32Array(length).fill(1 / 16),
      ...inputs,
    },
  };
}

const lengths = [4, 1, 6, 3, 5, 2];
const constant = (length: number, value: number) => new Float32Array(length).fill(value);

/** Two iterations of policy and critic, with a checkpoint between them: everything that came back. */
async function play(url: string) {
  const session = await openSession({ url, limits: { maxChunkDatums: 2, maxRequestsInFlight: 2 } });
  const made = { baseModel: 'example', rank: 0, seed: 1 } as const;
  let policy = await session.createModel({ ...made, role: 'policy' });
  const critic = await session.createModel({ ...made, role: 'critic' });
  const seen: unknown[] = [];
  for (let iteration = 0; iteration < 2; iteration++) {
    const sampler = await policy.saveWeightsForSampler();
    const params = { max_tokens: 5, seed: 3 };
    await sampler.sample(
      [1, 2].map((first) => ({ prompt: Int32Array.of(first, 4), count: 2, params, key: [iteration, first] })),
      { onResult: (request, { sequences }) => seen.push([iteration, request, sequences]) },
    );
    const { outputs } = await policy.forward(
      lengths.map((length, i) => datum(i, length, {})),
      { lossFn: 'cross_entropy' },
    );
    const data = lengths.map((length, i) =>
      datum(i, length, { logprobs: outputs[i]?.['logprobs'] ?? constant(length, 0), advantages: constant(length, i) }),
    );
    const lossFnConfig = { clip_low_threshold: 0.8, clip_high_threshold: 1.2 };
    seen.push(outputs, await policy.forwardBackward(data, { lossFn: 'ppo', lossFnConfig }));
    const targets = lengths.map((length, i) =>
      datum(i, length, { values: constant(length, 0), returns: constant(length, i / 4) }),
    );
    seen.push(await critic.forwardBackward(targets, { lossFn: 'value_sum', lossFnConfig: { value_clip: 0.2 } }));
    for (const model of [policy, critic]) seen.push(await model.optimStep({ learning_rate: 0.01 }));
    const path = await policy.saveWeights(`step-${iteration}`);
    await policy.unload();
    policy = await session.createModel({ ...made, role: 'policy', checkpoint: { path, withOptimizer: true } });
  }
  seen.push((await policy.forward([datum(9, 4, {})], { lossFn: 'cross_entropy' })).outputs);
  // Samples come as they end.
  return seen.map((one) => JSON.stringify(one)).sort();
}

describe('a run at orz-train serve', () => {
  it.each([1, 2])('has the same bits through a network that fails (seed %i)', async (seed) => {
    const plain = await play((await start()).url);
    const server = await start();
    const proxy = await startFaultyProxy({ target: server.url, faults: randomFaults(seed, 0.3) });
    onTestFinished(() => proxy.close());
    expect(await play(proxy.url)).toEqual(plain);
    expect(Object.keys(proxy.made).length).toBeGreaterThan(4);
  });
});
