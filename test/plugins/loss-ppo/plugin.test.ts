import { describe, expect, it } from 'vitest';
import { buildLoss } from '../../../core/compute/engine/loss-tensors.js';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { compileLoss, exampleLossData, lossConformance, type LossData } from '../../../core/conformance/index.js';
import { createPpoClip, ppoClipSettings } from '../../../plugins/loss-ppo/plugin.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';
import { createTestBackend, oracleTokens } from '../../fixtures/loss-inputs.js';

async function evaluate(settings: Parameters<typeof createPpoClip>[0], data: LossData) {
  const backend = await createTestBackend();
  try {
    return await (await compileLoss(backend, createPpoClip(settings), 'logprobs', data.weights.length)).run(data);
  } finally {
    await backend.dispose();
  }
}

/** One token of weight 1 with the given ratio and advantage. */
const token = (ratio: number, advantage: number): LossData => ({
  ...exampleLossData(),
  weights: Float32Array.of(1),
  logprobs: Float32Array.of(Math.log(ratio) - 1),
  oldLogprobs: Float32Array.of(-1),
  advantages: Float32Array.of(advantage),
});

/** Operations and attributes of the loss, in order. */
function programOf(settings: Parameters<typeof createPpoClip>[0]): string[] {
  const g = new Graph('test');
  const input = (name: string) => g.inputs.get(name) ?? g.input(name, [4]);
  buildLoss(g, createPpoClip(settings), { logprobs: input('logprobs') }, 4);
  return g.nodes.map(({ op, attributes, data }) => JSON.stringify([op.name, attributes, data && [...data]]));
}

describe('policy loss ppo-clip', () => {
  for (const settings of [{}, { clipEpsHigh: 0.3, dualClip: 1.2 }])
    for (const check of lossConformance({
      create: () => createPpoClip(settings),
      createBackend: createTestBackend,
      trains: 'logprobs',
    }))
      it(`${JSON.stringify(settings)} ${check.title}`, check.run);

  it.each(oracle.ppo)(
    'equals PyTorch in loss, gradient and metrics (clip $clipEps)',
    async ({ clipEps, loss, gradient, metrics }) => {
      const ours = await evaluate({ clipEps }, oracleTokens());
      expect(ours.loss).toBeCloseTo(loss, 5);
      expect(maxDifference(ours.gradient, gradient)).toBeLessThan(float32Tolerance);
      for (const [name, value] of Object.entries(metrics)) expect(ours.metrics[name], name).toBeCloseTo(value, 5);
      expect(Object.keys(ours.metrics).sort()).toEqual(Object.keys(metrics).sort());
    },
  );

  it('on policy, at ratio 1, the gradient is minus weight times advantage: both branches are equal', async () => {
    const data = exampleLossData();
    const { loss, gradient, metrics } = await evaluate({}, { ...data, oldLogprobs: data.logprobs });
    const pulls = data.advantages.map((a, i) => -a * data.weights[i]!);
    expect(maxDifference(gradient, pulls)).toBeLessThan(float32Tolerance);
    expect(loss).toBeCloseTo(
      pulls.reduce((sum, x) => sum + x, 0),
      5,
    );
    expect(metrics).toMatchObject({ clipFraction: 0, approxKl: 0 });
    expect(metrics['ratioMean']).toBeCloseTo(
      data.weights.reduce((sum, w) => sum + w, 0),
      5,
    );
  });

  // [ratio, advantage, loss, gradient]: beyond the range the gradient stops only where going on would gain
  it.each([
    [1.5, 1, -1.2, 0],
    [1.5, -1, 1.5, 1.5],
    [0.5, 1, -0.5, -0.5],
    [0.5, -1, 0.8, 0],
    [1.1, 2, -2.2, -2.2],
  ])('ratio %d with advantage %d gives loss %d and gradient %d', async (ratio, advantage, loss, gradient) => {
    const ours = await evaluate({}, token(ratio, advantage));
    expect(ours.loss).toBeCloseTo(loss, 5);
    expect(ours.gradient[0]).toBeCloseTo(gradient, 5);
    expect(ours.metrics['clipFraction']).toBe(Math.abs(ratio - 1) > 0.2 ? 1 : 0);
  });

  // [ratio, advantage, settings, loss, gradient]
  it.each([
    [1.25, 1, { clipEpsHigh: 0.28 }, -1.25, -1.25],
    [1.5, 1, { clipEpsHigh: 0.28 }, -1.28, 0],
    [0.75, -1, { clipEpsHigh: 0.28 }, 0.8, 0],
    [2.5, -1, { dualClip: 3 }, 2.5, 2.5],
    [3.5, -1, { dualClip: 3 }, 3, 0],
    [3.5, 1, { dualClip: 3 }, -1.2, 0],
  ])('ratio %d with advantage %d and %o', async (...row) => {
    const [ratio, advantage, settings, loss, gradient] = row;
    const ours = await evaluate(settings, token(ratio, advantage));
    expect(ours.loss).toBeCloseTo(loss, 5);
    expect(ours.gradient[0]).toBeCloseTo(gradient, 5);
    if ('dualClip' in settings) expect(ours.metrics['dualClipFraction']).toBe(loss === 3 ? 1 : 0);
  });

  it('builds the same program for a range with two equal sides, and none of the dual clip where it is off', () => {
    expect(programOf({ clipEpsHigh: 0.2 })).toEqual(programOf({}));
    expect(programOf({}).join()).not.toContain('less');
    expect(programOf({ dualClip: 3 }).join()).toContain('less');
  });

  it('clips at 0.2 by default and rejects a range that reaches 0 and a dual clip that is none', () => {
    expect(createPpoClip().settings).toEqual({ clipEps: 0.2 });
    expect(ppoClipSettings.safeParse({ clipEps: 1 }).success).toBe(false);
    expect(ppoClipSettings.safeParse({ clipEps: 0 }).success).toBe(false);
    expect(ppoClipSettings.safeParse({ dualClip: 1 }).success).toBe(false);
  });
});
