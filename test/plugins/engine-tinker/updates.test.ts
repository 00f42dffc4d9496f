import { describe, expect, it } from 'vitest';
import { exampleLengths, exampleSequences, exampleTraining } from '../../../core/conformance/example-model.js';
import { add, exp, mul, sub, sum } from '../../../core/compute/tensor/ops.js';
import type { Loss } from '../../../core/contracts/loss.js';
import type { TrainingSequence } from '../../../core/contracts/model.js';
import { createRandom } from '../../../core/random.js';
import type { Datum } from '../../../core/tinker/protobuf.js';
import { createKlLoss } from '../../../plugins/kl/loss-term.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';
import { evaluateLoss } from '../../../plugins/engine-tinker/host-loss.js';
import { serverKinds, serverNames, type ServerKind } from '../../../plugins/engine-tinker/servers.js';
import { criticUpdate, policyUpdate, type Update } from '../../../plugins/engine-tinker/updates.js';

const { uniform } = createRandom(4).stream('scores');
const sequences = exampleTraining(exampleSequences(exampleLengths, 30));
const near = (name: 'oldLogprobs' | 'oldValues') =>
  sequences.map(({ inputs }, s) => inputs[name].map((x, t) => x + 0.6 * uniform(s, t) - 0.3));
const logprobs = near('oldLogprobs');
const values = near('oldValues');

/** Losses of a server per token, without its weights. */
const serverLosses: Readonly<Record<string, (update: Update) => Loss>> = {
  ppo: ({ config }) =>
    createPpoClip({ clipEps: 1 - config['clip_low_threshold']!, clipEpsHigh: config['clip_high_threshold']! - 1 }),
  cross_entropy: () => ofTokens((t) => sub(0, t.logprobs)),
  importance_sampling: () => ofTokens((t) => sub(0, mul(exp(sub(t.logprobs, t.oldLogprobs)), t.advantages))),
  value_sum: ({ config }) => createValueLoss({ valueClipEps: config['value_clip'] ?? null }),
};
const ofTokens = (build: (t: Parameters<Loss['build']>[1]) => ReturnType<typeof sum>): Loss => ({
  name: 'of tokens',
  settings: {},
  build: (_, t) => ({ loss: sum(mul(t.weights, build(t))) }),
});

/** The gradient by the scores that a server of this kind computes from what it is sent. */
function serverSlopes(kind: ServerKind, update: Update, data: readonly Datum[], scores: readonly Float32Array[]) {
  const received = data.map((datum, i) => receivedOf(datum, sequences[i]!, kind));
  const { slopes } = evaluateLoss(
    serverLosses[update.lossFn]!(update),
    update.lossFn === 'value_sum' ? 'values' : 'logprobs',
    received,
    scores,
  );
  if (update.lossFn === 'value_sum' || kind.policyReduction === 'sum') return slopes;
  return slopes.map((row, i) => {
    const total = received[i]!.weights.reduce((a, b) => a + b, 0);
    return row.map((x) => x / total / data.length);
  });
}

function receivedOf({ inputs }: Datum, sequence: TrainingSequence, kind: ServerKind): TrainingSequence {
  const response = sequence.weights.length;
  const length = kind.shortData ? response : sequence.tokens.length - 1;
  const row = (name: string): Float32Array | undefined => {
    const given = inputs[name] as Float32Array | undefined;
    expect(given?.length ?? length).toBe(length);
    if (given) expect(given.subarray(0, length - response).every((x) => x === 0)).toBe(true);
    return given?.slice(length - response);
  };
  const named = { oldLogprobs: row('logprobs'), advantages: row('advantages') };
  const critic = { oldValues: row('values'), returns: row('returns') };
  return {
    ...sequence,
    weights: row('weights') ?? new Float32Array(response).fill(1),
    inputs: Object.fromEntries(Object.entries({ ...named, ...critic }).filter(([, x]) => x !== undefined)),
  };
}

const klTerm = createKlLoss({ coefficient: 0.2 });
const withKl: Loss = {
  name: 'ppo-clip with kl',
  settings: {},
  build: (g, t) => ({ loss: add(createPpoClip().build(g, t).loss, klTerm.loss!(g, t)) }),
};
/** A loss that no server knows: the square of the ratio. */
const squaredRatio: Loss = {
  name: 'squared ratio',
  settings: {},
  build: (_, t) => {
    const ratio = exp(sub(t.logprobs, t.oldLogprobs));
    return { loss: sum(mul(t.weights, mul(mul(ratio, ratio), t.advantages))) };
  },
};

/** Of numbers that pass through f32 twice. */
const tolerance = 2e-6;

function expectSame(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  const largest = Math.max(...expected.flatMap((row) => [...row].map(Math.abs)));
  for (const [i, row] of expected.entries())
    for (const [t, x] of row.entries()) expect(Math.abs(actual[i]![t]! - x)).toBeLessThan(tolerance * largest);
}

describe.each(serverNames)('the update of a policy on %s', (name) => {
  const kind = serverKinds[name];
  it.each([
    createPpoClip({ clipEps: 0.1 }),
    createPpoClip({ clipEps: 0.1, clipEpsHigh: 0.25 }),
    createPpoClip({ dualClip: 1.1 }),
    withKl,
    squaredRatio,
  ])('has the gradient of the loss: $name $settings', async (loss) => {
    const update = await policyUpdate(kind, loss, sequences, () => Promise.resolve(logprobs));
    const { slopes } = evaluateLoss(loss, 'logprobs', sequences, logprobs);
    // Where the loss is linearised, the ratio is that to the scores of now.
    expectSame(serverSlopes(kind, update, [...update.data], logprobs), slopes);
  });

  it('sends ppo as such, and asks for no scores', async () => {
    const unasked = () => Promise.reject(new Error('not asked'));
    const update = await policyUpdate(kind, createPpoClip(), sequences, unasked);
    expect(update).toMatchObject({ lossFn: 'ppo', config: { clip_low_threshold: 0.8, clip_high_threshold: 1.2 } });
    const higher = await policyUpdate(kind, createPpoClip({ clipEpsHigh: 0.5 }), sequences, unasked);
    expect(higher).toMatchObject({ lossFn: 'ppo', config: { clip_low_threshold: 0.8, clip_high_threshold: 1.5 } });
  });

  it('computes the dual clip here, which servers do not have', async () => {
    let asked = 0;
    const scores = () => Promise.resolve(logprobs).finally(() => asked++);
    const { lossFn } = await policyUpdate(kind, createPpoClip({ dualClip: 3 }), sequences, scores);
    expect([asked, lossFn]).toEqual([1, kind.policyReduction === 'sum' ? 'cross_entropy' : 'importance_sampling']);
  });
});

describe('the update of a critic on orz-train serve', () => {
  const odd: Loss = {
    name: 'fourth power',
    settings: {},
    build: (_, t) => {
      const square = mul(sub(t.values, t.returns), sub(t.values, t.returns));
      return { loss: sum(mul(t.weights, mul(square, square))) };
    },
  };
  it.each([createValueLoss(), createValueLoss({ valueClipEps: null }), createValueLoss({ huberDelta: 0.2 }), odd])(
    'has the gradient of the loss: $name $settings',
    async (loss) => {
      const update = await criticUpdate(serverKinds.orz, loss, { sequences, factor: 1 }, () => Promise.resolve(values));
      const { slopes } = evaluateLoss(loss, 'values', sequences, values);
      expectSame(serverSlopes(serverKinds.orz, update, [...update.data], values), slopes);
    },
  );
});
