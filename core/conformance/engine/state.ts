import type { Model, NamedTensor, TensorShape } from '../../contracts/model.js';
import type { ErrorCode } from '../../errors.js';
import { elementAt } from '../../arrays.js';
import { sizeOf } from '../../compute/tensor/types.js';
import {
  requireClose,
  requireDefined,
  requireErrorCode,
  requireFailure,
  requireThat,
  type ConformanceCheck,
} from '../check.js';
import { collectTensors, exampleBase, exampleLengths, exampleSequences, exampleTraining } from '../example-model.js';
import { momentum, ratioLoss } from './example-training.js';
import {
  allWeights,
  anyEntryMoved,
  copyTensors,
  requireSameTensors,
  requireSameWeights,
  tensorsOf,
} from './gradient.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from './harness.js';
import { requireSameScores, scoresMoved } from './scores.js';

/** What goes in and out of a model: weights, optimizer state, and the refusal of wrong ones. */
export function stateChecks(test: EngineUnderTest): ConformanceCheck[] {
  const trained = { optimizer: momentum };
  return [
    withEngine(test, 'weights come out as announced and as they went in', { critic: true }, checkExportedWeights),
    withEngine(test, 'imported weights replace all others and raise the version', {}, checkImportedWeights),
    withEngine(
      test,
      'missing, unknown, repeated, misshapen and non-finite weights are refused',
      {},
      checkRefusedWeights,
    ),
    withEngine(
      test,
      'training continues from exported weights and optimizer state as if never interrupted',
      trained,
      checkContinuation,
    ),
    withEngine(test, 'after resetOptimizer the next step is a first step', trained, checkReset),
    withEngine(
      test,
      'optimizer state that is missing, foreign, misshapen or not finite is refused',
      trained,
      checkRefusedState,
    ),
    withEngine(
      test,
      'a state that the engine keeps, if it keeps any, comes back whole and continues alike',
      { ...trained, critic: true },
      checkKeptState,
    ),
  ];
}

/** Of an engine that hands out all tensors nothing is asked. */
async function checkKeptState({ engine, policy, critic, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const { states } = engine;
  if (!states) return;
  const trainPolicy = async (seed: number): Promise<NamedTensor[]> => {
    await train(policy, vocabSize, seed);
    return allWeights(policy);
  };
  await trainPolicy(1);
  const { version } = policy;
  const kept = await allWeights(policy);
  const values = await critic.forward(exampleSequences(exampleLengths, vocabSize));
  const reference = await states.save('kept');
  const continued = await trainPolicy(2);
  const other = await states.save('kept');
  await states.load(reference, { policy: version, critic: critic.version });
  requireThat(policy.version === version, `version ${policy.version} after a state of version ${version} was loaded`);
  requireSameTensors('weights of the kept state', await allWeights(policy), kept, 0);
  const sequences = exampleSequences(exampleLengths, vocabSize);
  requireSameScores('values of the kept state', await critic.forward(sequences), values, tolerance);
  requireSameTensors('weights after the same step', await trainPolicy(2), continued, tolerance);
  await states.load(other, { policy: version + 1, critic: critic.version });
  requireSameTensors('weights of the second state', await allWeights(policy), continued, 0);
  await states.remove(reference);
  await states.remove(reference);
  await requireFailure('a removed state was loaded', () => states.load(reference, { policy: version }));
}

async function train(model: Model, vocabSize: number, seed: number): Promise<void> {
  const sequences = exampleSequences(exampleLengths.slice(0, 4), vocabSize, seed);
  await model.accumulate(exampleTraining(sequences, [], seed), ratioLoss);
  await model.step({ learningRate: 0.05, maxGradNorm: 1 });
}

type Shapes = readonly TensorShape[];

const describeShapes = (tensors: Shapes): string =>
  tensors.map(({ name, shape }) => `${name} [${shape.join()}]`).join('; ');

async function checkExportedWeights({ policy, critic, base }: EngineFixture): Promise<void> {
  const given = await collectTensors(base.weights());
  for (const model of [policy, critic]) {
    const weights = await allWeights(model);
    requireThat(
      describeShapes(weights) === describeShapes(tensorsOf(model).weightShapes),
      'exported names, shapes or their order differ from weightShapes',
    );
    for (const { name, shape, data } of weights) {
      requireThat(data.length === sizeOf(shape), `${name} has ${data.length} entries and shape [${shape.join()}]`);
      const original = given.get(name);
      if (original) requireClose(name, data, original, 0);
    }
    const count = weights.reduce((n, t) => n + t.data.length, 0);
    requireThat(count === model.parameterCount, `parameterCount is ${model.parameterCount}`);
  }
  requireThat(tensorsOf(policy).weightShapes.length === given.size, 'the policy has other weights than the base model');
}

async function checkImportedWeights({ policy, config }: EngineFixture): Promise<void> {
  const { version } = policy;
  const sequences = exampleSequences(exampleLengths, config.vocabSize);
  const weights = await allWeights(policy);
  const original = await policy.forward(sequences);
  await tensorsOf(policy).importWeights(exampleBase(config, 2).weights());
  requireThat(policy.version > version, 'the version did not rise');
  const moved = scoresMoved(await policy.forward(sequences), original, 0.01);
  requireThat(moved, 'other weights give the same scores');
  await tensorsOf(policy).importWeights(weights);
  requireSameScores('scores with the first weights again', await policy.forward(sequences), original, 0);
  await tensorsOf(policy).importWeights(weights, 17);
  requireThat(policy.version === 17, `version ${policy.version} after weights of version 17 were imported`);
}

async function checkRefusedWeights({ policy }: EngineFixture): Promise<void> {
  const weights = await allWeights(policy);
  const first = elementAt(weights, 0);
  const rest = weights.slice(1);
  const refused = (what: string, code: ErrorCode, tensors: readonly NamedTensor[]): Promise<void> =>
    requireErrorCode(what, code, () => tensorsOf(policy).importWeights(tensors));
  const unknown = { name: 'no such weight', shape: [1], data: Float32Array.of(1) };
  const damaged = { ...first, data: first.data.map((x, i) => (i === 3 ? Number.NaN : x)) };
  await refused('a missing weight', 'ORZ_WEIGHTS', rest);
  await refused('an unknown weight', 'ORZ_WEIGHTS', [...weights, unknown]);
  await refused('a weight that comes twice', 'ORZ_WEIGHTS', [...weights, first]);
  await refused('a transposed weight', 'ORZ_WEIGHTS', [{ ...first, shape: [...first.shape].reverse() }, ...rest]);
  await refused('a weight that is not a number', 'ORZ_NOT_FINITE', [damaged, ...rest]);
}

async function checkContinuation(fixture: EngineFixture): Promise<void> {
  const { policy, vocabSize } = fixture;
  const { policy: continued } = await fixture.createAnother();
  for (const seed of [1, 2]) await train(policy, vocabSize, seed);
  const weights = await allWeights(policy);
  const state = await copyTensors(tensorsOf(policy).exportOptimizer());
  requireThat(
    describeShapes(state) === describeShapes(tensorsOf(policy).optimizerShapes),
    'exported optimizer state differs from optimizerShapes',
  );
  await train(continued, vocabSize, 7); // Leaves state that the import must overwrite.
  await tensorsOf(continued).importWeights(weights);
  await tensorsOf(continued).importOptimizer(state);
  for (const model of [policy, continued]) await train(model, vocabSize, 3);
  await requireSameWeights(continued, policy, fixture.tolerance);
  requireThat(anyEntryMoved(await allWeights(policy), weights, 1e-3), 'the last step moved nothing');
}

async function checkReset(fixture: EngineFixture): Promise<void> {
  const { policy, vocabSize } = fixture;
  const { policy: fresh } = await fixture.createAnother();
  await train(policy, vocabSize, 1);
  tensorsOf(policy).resetOptimizer();
  await tensorsOf(fresh).importWeights(await allWeights(policy));
  for (const model of [policy, fresh]) await train(model, vocabSize, 2);
  await requireSameWeights(policy, fresh, fixture.tolerance);
}

async function checkRefusedState({ policy, vocabSize }: EngineFixture): Promise<void> {
  await train(policy, vocabSize, 1);
  const state = await copyTensors(tensorsOf(policy).exportOptimizer());
  const victim = requireDefined(
    'optimizer state of several entries',
    state.find((t) => t.data.length > 1),
  );
  const replaced = (change: Partial<NamedTensor>): NamedTensor[] =>
    state.map((t) => (t === victim ? { ...t, ...change } : t));
  const refused = (what: string, code: ErrorCode, tensors: readonly NamedTensor[]): Promise<void> =>
    requireErrorCode(what, code, () => tensorsOf(policy).importOptimizer(tensors));
  const remaining = state.filter((t) => t !== victim);
  await refused('missing state', 'ORZ_CHECKPOINT', remaining);
  await refused('foreign state', 'ORZ_CHECKPOINT', replaced({ name: 'm/no such weight' }));
  await refused('misshapen state', 'ORZ_CHECKPOINT', replaced({ shape: [3], data: new Float32Array(3) }));
  await refused('state not a number', 'ORZ_NOT_FINITE', replaced({ data: victim.data.map(() => Number.NaN) }));
  requireThat(
    state.some((t) => t.name !== 'step' && t.data.some((x) => x !== 0)),
    'the exported state is all zero after a step',
  );
}
