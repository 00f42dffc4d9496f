import type { Model, NamedTensor, TrainingSequence } from '../../contracts/model.js';
import { sizeOf } from '../../compute/tensor/types.js';
import { requireClose, requireThat, type ConformanceCheck } from '../check.js';
import { exampleBase, exampleLengths, exampleSequences, exampleTraining } from '../example-model.js';
import {
  allWeights,
  momentum,
  ratioLoss,
  requireCode,
  requireSameWeights,
  withEngine,
  withTwoEngines,
  type EngineUnderTest,
} from './harness.js';
import { requireSameScores } from './scores.js';

const training = (vocabSize: number, seed: number): TrainingSequence[] =>
  exampleTraining(exampleSequences(exampleLengths.slice(0, 4), vocabSize, seed), [], seed);

async function train(model: Model, vocabSize: number, seed: number): Promise<void> {
  await model.accumulate(training(vocabSize, seed), ratioLoss);
  await model.step({ learningRate: 0.05, maxGradNorm: 1 });
}

const copied = async (tensors: AsyncIterable<NamedTensor>): Promise<NamedTensor[]> => {
  const all: NamedTensor[] = [];
  for await (const { name, shape, data } of tensors) all.push({ name, shape, data: data.slice() });
  return all;
};

/** What goes in and out of a model: weights, optimizer state, and the refusal of wrong ones. */
export function stateChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(
      test,
      'weights come out as announced and as they went in',
      { critic: true },
      async ({ policy, critic }, base) => {
        const given = new Map([...(base.weights() as Iterable<NamedTensor>)].map((t) => [t.name, t.data]));
        for (const model of [policy, critic!]) {
          const weights = await allWeights(model);
          requireThat(
            weights.map((t) => t.name).join() === model.weightShapes.map((t) => t.name).join(),
            'exported names or their order differ from weightShapes',
          );
          weights.forEach(({ name, shape, data }, i) => {
            requireThat(
              shape.join() === model.weightShapes[i]!.shape.join() && data.length === sizeOf(shape),
              `${name} has ${data.length} entries and shape [${shape.join()}]`,
            );
            if (given.has(name)) requireClose(name, data, given.get(name)!, 0);
          });
          requireThat(
            weights.reduce((n, t) => n + t.data.length, 0) === model.parameterCount,
            `parameterCount is ${model.parameterCount}`,
          );
        }
        requireThat(policy.weightShapes.length === given.size, 'the policy has other weights than the base model');
      },
    ),
    withEngine(
      test,
      'imported weights replace all others and raise the version',
      {},
      async ({ policy }, { config }) => {
        const other = exampleBase(config, 2),
          { version } = policy;
        const sequences = exampleSequences(exampleLengths, config.vocabSize);
        const old = await policy.forward(sequences),
          weights = await allWeights(policy);
        await policy.importWeights(other.weights());
        requireThat(policy.version > version, 'the version did not rise');
        const moved = (await policy.forward(sequences)).some((s, i) =>
          s.logprobs!.some((x, t) => Math.abs(x - old[i]!.logprobs![t]!) > 0.01),
        );
        requireThat(moved, 'other weights give the same scores');
        await policy.importWeights(weights);
        requireSameScores('scores with the first weights again', await policy.forward(sequences), old, 0);
        await policy.importWeights(weights, 17);
        requireThat(policy.version === 17, `version ${policy.version} after weights of version 17 were imported`);
      },
    ),
    withEngine(
      test,
      'missing, unknown, repeated, misshapen and non-finite weights are refused',
      {},
      async ({ policy }) => {
        const weights = await allWeights(policy),
          [first, ...rest] = weights as [NamedTensor, ...NamedTensor[]];
        const refused = (
          what: string,
          code: Parameters<typeof requireCode>[1],
          tensors: readonly NamedTensor[],
        ): Promise<void> => requireCode(what, code, () => policy.importWeights(tensors));
        await refused('a missing weight', 'ORZ_WEIGHTS', rest);
        await refused('an unknown weight', 'ORZ_WEIGHTS', [
          ...weights,
          { name: 'no such weight', shape: [1], data: Float32Array.of(1) },
        ]);
        await refused('a weight that comes twice', 'ORZ_WEIGHTS', [...weights, first]);
        await refused('a transposed weight', 'ORZ_WEIGHTS', [{ ...first, shape: [...first.shape].reverse() }, ...rest]);
        await refused('a weight that is not a number', 'ORZ_NOT_FINITE', [
          { ...first, data: first.data.map((x, i) => (i === 3 ? Number.NaN : x)) },
          ...rest,
        ]);
      },
    ),
    withTwoEngines(
      test,
      'training goes on from exported weights and optimizer state as if never interrupted',
      { optimizer: momentum },
      async (engine, again, { config: { vocabSize } }) => {
        for (const seed of [1, 2]) await train(engine.policy, vocabSize, seed);
        const weights = await allWeights(engine.policy),
          state = await copied(engine.policy.exportOptimizer());
        const described = (tensors: Model['optimizerShapes']): string =>
          tensors.map(({ name, shape }) => `${name} [${shape.join()}]`).join('; ');
        requireThat(
          described(state) === described(engine.policy.optimizerShapes),
          'exported optimizer state differs from optimizerShapes',
        );
        await train(again.policy, vocabSize, 7); // State that must be overwritten.
        await again.policy.importWeights(weights);
        await again.policy.importOptimizer(state);
        for (const model of [engine.policy, again.policy]) await train(model, vocabSize, 3);
        await requireSameWeights(again.policy, engine.policy, test.tolerance);
        const moved = (await allWeights(engine.policy)).some(({ data }, i) =>
          data.some((x, j) => Math.abs(x - weights[i]!.data[j]!) > 1e-3),
        );
        requireThat(moved, 'the last step moved nothing');
      },
    ),
    withTwoEngines(
      test,
      'after resetOptimizer the next step is a first step',
      { optimizer: momentum },
      async (engine, fresh, { config: { vocabSize } }) => {
        await train(engine.policy, vocabSize, 1);
        engine.policy.resetOptimizer();
        await fresh.policy.importWeights(await allWeights(engine.policy));
        for (const model of [engine.policy, fresh.policy]) await train(model, vocabSize, 2);
        await requireSameWeights(engine.policy, fresh.policy, test.tolerance);
      },
    ),
    withEngine(
      test,
      'optimizer state that is missing, foreign, misshapen or not finite is refused',
      { optimizer: momentum },
      async ({ policy }, { config }) => {
        await train(policy, config.vocabSize, 1);
        const state = await copied(policy.exportOptimizer()),
          first = state.findIndex((t) => t.data.length > 1);
        const replaced = (change: Partial<NamedTensor>): NamedTensor[] =>
          state.map((t, i) => (i === first ? { ...t, ...change } : t));
        await requireCode('missing state', 'ORZ_CHECKPOINT', () =>
          policy.importOptimizer(state.filter((_, i) => i !== first)),
        );
        await requireCode('foreign state', 'ORZ_CHECKPOINT', () =>
          policy.importOptimizer(replaced({ name: 'm/no such weight' })),
        );
        await requireCode('misshapen state', 'ORZ_CHECKPOINT', () =>
          policy.importOptimizer(replaced({ shape: [3], data: new Float32Array(3) })),
        );
        await requireCode('state that is not a number', 'ORZ_NOT_FINITE', () =>
          policy.importOptimizer(replaced({ data: state[first]!.data.map(() => Number.NaN) })),
        );
        requireThat(
          state.some((t) => t.name !== 'step' && t.data.some((x) => x !== 0)),
          'the exported state is all zero after a step',
        );
      },
    ),
  ];
}
