import type { NamedTensor } from '../contracts/model.js';
import { createRandom } from '../random.js';
import { requireClose, requireThat, type ConformanceCheck } from './check.js';
import {
  allWeights,
  momentum,
  ratioLoss,
  requireCode,
  requireSameWeights,
  withEngine,
  withTwoEngines,
  exampleRequest,
  type EngineUnderTest,
} from './engine/harness.js';
import { requireSameScores } from './engine/scores.js';
import { collectTensors, exampleBase, exampleLengths, exampleSequences, exampleTraining } from './example-model.js';

export type { EngineUnderTest } from './engine/harness.js';

/** Properties of an {@link Engine}: which models it has, where they start, and that each keeps to itself. */
export function engineConformance(test: EngineUnderTest): ConformanceCheck[] {
  const all = { critic: true, reference: true, optimizer: momentum } as const;
  return [
    withEngine(test, 'has a critic and a reference only when asked, each in its role', {}, async (engine) => {
      requireThat(engine.critic === undefined && engine.reference === undefined, 'models nobody asked for');
      requireThat(
        engine.policy.role === 'policy' && engine.capabilities.roles.includes('policy'),
        'the policy is not in its role',
      );
      const full = await test.create(exampleRequest(all));
      requireThat(
        full.critic?.role === 'critic' && full.reference?.role === 'reference',
        'models that were asked for are missing or in another role',
      );
      await full.dispose();
    }),
    withEngine(
      test,
      'all models start from the base weights, the critic with a new head',
      all,
      async ({ policy, critic, reference }, base) => {
        const given = await collectTensors(base.weights());
        for (const model of [policy, reference!])
          for (const { name, data } of await allWeights(model))
            requireClose(`${name} of the ${model.role}`, data, given.get(name)!, 0);
        const heads: NamedTensor[] = [];
        for (const tensor of await allWeights(critic!)) {
          if (given.has(tensor.name))
            requireClose(`${tensor.name} of the critic`, tensor.data, given.get(tensor.name)!, 0);
          else heads.push(tensor);
        }
        requireThat(
          heads.length === 1 && heads[0]!.data.some((x) => x !== 0),
          'the critic has not exactly one new tensor',
          heads.map((t) => t.name),
        );
      },
    ),
    withTwoEngines(
      test,
      'the new head of the critic is a function of the seed',
      { critic: true },
      async (first, second) => {
        await requireSameWeights(second.critic!, first.critic!, 0);
        const other = await test.create(exampleRequest({ critic: true, random: createRandom(6) }));
        const [a, b] = [await allWeights(first.critic!), await allWeights(other.critic!)];
        await other.dispose();
        requireThat(
          a.some(({ data }, i) => data.some((x, j) => x !== b[i]!.data[j])),
          'another seed gives the same critic',
        );
      },
    ),
    withEngine(
      test,
      'a step of one model leaves the others as they are; the reference takes none',
      all,
      async ({ policy, critic, reference }, { config }) => {
        const sequences = exampleSequences(exampleLengths, config.vocabSize);
        const [frozen, values] = [await reference!.forward(sequences), await critic!.forward(sequences)];
        requireSameScores('reference and policy at the start', frozen, await policy.forward(sequences), test.tolerance);
        await policy.accumulate(exampleTraining(sequences), ratioLoss);
        await policy.step({ learningRate: 0.5, maxGradNorm: 1 });
        const moved = await policy.forward(sequences);
        requireThat(
          moved.some((s, i) => s.logprobs!.some((x, t) => Math.abs(x - frozen[i]!.logprobs![t]!) > 0.01)),
          'a large step changed no score of the policy',
        );
        requireSameScores('reference after the step', await reference!.forward(sequences), frozen, 0);
        requireSameScores('critic after the step', await critic!.forward(sequences), values, 0);
        await requireCode('a step of the reference', 'ORZ_INTERNAL', () =>
          reference!.step({ learningRate: 1, maxGradNorm: 1 }),
        );
      },
    ),
    {
      title: 'a tokenizer with more ids than the model has rows is refused, and so are weights that do not fit',
      run: async () => {
        const base = exampleBase();
        await requireCode('a tokenizer too large', 'ORZ_TOKENIZER', () =>
          test.create(
            exampleRequest({
              base: { ...base, tokenizer: { ...base.tokenizer, vocabSize: base.config.vocabSize + 1 } },
            }),
          ),
        );
        const [first, ...rest] = [...(base.weights() as Iterable<NamedTensor>)];
        await requireCode('a weight too few', 'ORZ_WEIGHTS', () =>
          test.create(exampleRequest({ base: { ...base, weights: () => rest } })),
        );
        const damaged = { ...first!, data: first!.data.map((x, i) => (i === 5 ? Infinity : x)) };
        await requireCode('an infinite weight', 'ORZ_NOT_FINITE', () =>
          test.create(exampleRequest({ base: { ...base, weights: () => [damaged, ...rest] } })),
        );
      },
    },
  ];
}
