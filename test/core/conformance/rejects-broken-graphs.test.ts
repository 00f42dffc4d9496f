import { describe, expect, it } from 'vitest';
import {
  klConformance,
  lossConformance,
  optimizerConformance,
  type ConformanceCheck,
} from '../../../core/conformance/index.js';
import type { KlRegularizer } from '../../../core/contracts/kl.js';
import type { Loss, LossTensors } from '../../../core/contracts/loss.js';
import type { Optimizer } from '../../../core/contracts/optimizer.js';
import type { Graph, Op } from '../../../core/compute/tensor/graph.js';
import { add, div, equal, exp, mul, stopGradient, sub, sum, where } from '../../../core/compute/tensor/ops.js';
import { createTestBackend } from '../../fixtures/loss-inputs.js';

/** Messages of the checks that an implementation fails, by title. */
async function failures(checks: readonly ConformanceCheck[]): Promise<string[]> {
  const failed: string[] = [];
  for (const check of checks)
    await check.run().catch((error: unknown) => failed.push(`${check.title}: ${(error as Error).message}`));
  return failed;
}

const lossFailures = (build: Loss['build'], settings: Loss['settings'] = {}): Promise<string[]> =>
  failures(
    lossConformance({
      create: () => ({ name: 'test', settings, build }),
      createBackend: createTestBackend,
      trains: 'logprobs',
    }),
  );
const match = (pattern: RegExp): unknown => expect.stringMatching(pattern);

describe('the loss suite', () => {
  it('passes a weighted sum', async () => {
    expect(await lossFailures((_g, t) => ({ loss: sum(mul(t.weights, mul(t.logprobs, t.advantages))) }))).toEqual([]);
  });

  it('finds a mean over the micro-batch', async () => {
    const failed = await lossFailures((_g, t) => ({ loss: div(sum(mul(t.weights, t.logprobs)), sum(t.weights)) }));
    expect(failed).toEqual(expect.arrayContaining([match(/^is linear in the weights/), match(/^adds up over tokens/)]));
  });

  it('finds padding that overflows', async () => {
    expect(await lossFailures((_g, t) => ({ loss: sum(mul(t.weights, exp(sub(t.logprobs, t.oldLogprobs)))) }))).toEqual(
      [match(/^ignores tokens of weight zero.*NaN/)],
    );
  });

  it('finds a gradient that does not belong to the loss', async () => {
    const doubled: Op<1> = { name: 'neg', infer: ([x]) => [x], gradient: (_node, [dy]) => [dy && mul(dy, -2)] };
    const failed = await lossFailures((g, t) => ({ loss: sum(mul(t.weights, g.node(doubled, [t.logprobs])[0])) }));
    expect(failed).toEqual([match(/^has the gradient that finite differences give.*d loss \/ d logprobs\[0\]/)]);
  });

  it('counts what a loss stops the gradient of as a constant', async () => {
    const product = (t: LossTensors) => mul(t.logprobs, stopGradient(t.logprobs));
    expect(await lossFailures((_g, t) => ({ loss: sum(mul(t.weights, product(t))) }))).toEqual([]);
    const ofSequences = (_g: Graph, t: LossTensors) => {
      const mean = t.sequenceMean(where(equal(t.weights, 0), 0, sub(t.logprobs, t.oldLogprobs)));
      return { loss: sum(mul(t.weights, mul(exp(stopGradient(mean)), mean))) };
    };
    expect(await lossFailures(ofSequences)).toEqual([]);
  });

  it('finds a loss per token, foreign fields, builds that differ and settings that cannot be compared', async () => {
    expect(await lossFailures((_g, t) => ({ loss: mul(t.weights, t.logprobs) }))).toContainEqual(
      match(/The term "loss" of the loss "test" has shape \[1\]/),
    );
    expect(await lossFailures((_g, t) => ({ loss: sum(mul(t.weights, t.values)) }))).toContainEqual(
      match(/reads "values"/),
    );
    let builds = 0;
    expect(await lossFailures((_g, t) => ({ loss: sum(mul(mul(t.weights, t.logprobs), ++builds)) }))).toContainEqual(
      match(/two builds of the loss differ/),
    );
    expect(await lossFailures((_g, t) => ({ loss: sum(mul(t.weights, t.logprobs)) }), { clip: Infinity })).toEqual([
      match(/"clip" is not finite/),
    ]);
  });
});

describe('the KL suite', () => {
  const klFailures = (regularizer: Omit<KlRegularizer, 'name' | 'settings'>): Promise<string[]> =>
    failures(
      klConformance({
        create: () => ({ name: 'test', settings: {}, ...regularizer }),
        createBackend: createTestBackend,
      }),
    );

  it('finds a reference model that is missing or not needed', async () => {
    expect(await klFailures({ needsReference: true })).toEqual([match(/neither a penalty or loss/)]);
    expect(await klFailures({ needsReference: false, penalty: (a, b) => a.map((x, t) => x - b[t]!) })).toEqual([
      match(/needsReference is false/),
    ]);
  });

  it('finds a penalty and a loss that are not zero between equal models', async () => {
    expect(await klFailures({ needsReference: true, penalty: (a, b) => a.map((x, t) => x - b[t]! + 0.1) })).toEqual([
      match(/penalty between equal models/),
    ]);
    const loss: KlRegularizer['loss'] = (_g, t) => sum(mul(t.weights, add(t.logprobs, mul(t.refLogprobs, -0.5))));
    expect(await klFailures({ needsReference: true, loss })).toEqual([match(/loss term between equal models/)]);
  });
});

describe('the optimizer suite', () => {
  const build: Optimizer['build'] = (_g, { parameter, gradient, gradientScale, learningRate, state }) => {
    const m = add(state['m']!, mul(gradient, gradientScale));
    return { parameter: sub(parameter, mul(learningRate, m)), state: { m } };
  };
  const optimizerFailures = (change: Partial<Optimizer>): Promise<string[]> =>
    failures(
      optimizerConformance({
        create: () => ({ name: 'test', settings: {}, state: ['m'], build, ...change }),
        createBackend: createTestBackend,
      }),
    );

  it('passes gradient descent with momentum', async () => {
    expect(await optimizerFailures({})).toEqual([]);
  });

  it('finds ascent, a forgotten gradient scale and state that is not returned', async () => {
    expect(
      await optimizerFailures({ build: (g, t) => build(g, { ...t, learningRate: mul(t.learningRate, -1) }) }),
    ).toEqual([match(/^moves against the gradient/)]);
    expect(await optimizerFailures({ build: (g, t) => build(g, { ...t, gradientScale: g.scalar(1) }) })).toEqual([
      match(/^multiplies the gradient by the scale/),
    ]);
    expect(await optimizerFailures({ build: (g, t) => ({ ...build(g, t), state: {} }) })).toContainEqual(
      match(/returns the state \[\] instead of \[m\]/),
    );
  });
});
