import { describe, expect, it } from 'vitest';
import { exampleLengths, exampleSequences, exampleTraining } from '../../../core/conformance/example-model.js';
import { tryLoss } from '../../../core/compute/engine/host-loss.js';
import type { Loss } from '../../../core/contracts/loss.js';
import { add, mul, sum } from '../../../core/compute/tensor/ops.js';
import { createRandom } from '../../../core/random.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createKlLoss } from '../../../plugins/kl/loss-term.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';
import { evaluateLoss, type TrainedScore } from '../../../plugins/engine-tinker/host-loss.js';

const { uniform } = createRandom(3).stream('scores');
const sequences = exampleTraining(exampleSequences(exampleLengths, 30));
const scores = sequences.map(({ weights, inputs }, s) =>
  weights.map((_, t) => (inputs.oldLogprobs[t] ?? 0) + 0.4 * uniform(s, t) - 0.2),
);
const values = sequences.map(({ weights, inputs }, s) =>
  weights.map((_, t) => (inputs.oldValues[t] ?? 0) + uniform(s, t) - 0.5),
);
const klTerm = createKlLoss({ coefficient: 0.1 });
const withKl: Loss = {
  name: 'with kl',
  settings: {},
  build: (g, t) => ({ loss: add(createPpoClip().build(g, t).loss, klTerm.loss!(g, t)) }),
};

describe.each<[string, Loss, TrainedScore, readonly Float32Array[]]>([
  ['ppo-clip', createPpoClip(), 'logprobs', scores],
  ['ppo-clip with a KL term', withKl, 'logprobs', scores],
  ['value', createValueLoss(), 'values', values],
])('the slopes of %s', (_, loss, score, at) => {
  it('are finite differences of the loss', () => {
    const { slopes } = evaluateLoss(loss, score, sequences, at);
    // A power of two keeps the moved scores exact in f32; what remains is curvature.
    const step = 2 ** -10;
    for (const [s, t] of [
      [0, 0],
      [1, 3],
      [3, 17],
      [5, 39],
      [8, 10],
    ] as const) {
      const moved = (by: number): number => {
        const rows = at.map((row) => row.slice());
        rows[s]![t]! += by;
        return evaluateLoss(loss, score, sequences, rows).loss;
      };
      const difference = (moved(step) - moved(-step)) / (2 * step);
      expect(Math.abs(difference - slopes[s]![t]!)).toBeLessThan(1e-5 * (1 + Math.abs(difference)));
    }
  });
});

describe('evaluateLoss', () => {
  it('adds up parts as if they were evaluated together', () => {
    const many = Array.from({ length: 4000 }, (_, i) => sequences[i % sequences.length]!);
    const rows = many.map((_, i) => scores[i % scores.length]!);
    const once = evaluateLoss(createPpoClip(), 'logprobs', sequences, scores);
    const all = evaluateLoss(createPpoClip(), 'logprobs', many, rows);
    const first = evaluateLoss(createPpoClip(), 'logprobs', many.slice(0, 4000 % 9), rows.slice(0, 4000 % 9));
    const rounds = Math.floor(4000 / 9);
    expect(all.loss).toBeCloseTo(rounds * once.loss + first.loss, 10);
    expect(all.metrics['ratioMean']).toBeCloseTo(rounds * once.metrics['ratioMean']! + first.metrics['ratioMean']!, 10);
    expect(all.slopes[3999]).toEqual(once.slopes[3999 % 9]);
  });

  it('refuses a loss that reads entropies, or what the batch lacks', () => {
    const entropic: Loss = {
      name: 'entropic',
      settings: {},
      build: (_, t) => ({ loss: sum(mul(t.weights, t.entropy)) }),
    };
    expect(() => {
      tryLoss(entropic, ['logprobs']);
    }).toThrow(/entropy/);
    const bare = sequences.map(({ inputs: { advantages: _, ...inputs }, ...rest }) => ({ ...rest, inputs }));
    expect(() => evaluateLoss(createPpoClip(), 'logprobs', bare, scores)).toThrow(/advantages/);
  });
});
