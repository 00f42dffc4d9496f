import type { NamedTensor } from '../contracts/model.js';
import { elementAt } from '../arrays.js';
import { createRandom } from '../random.js';
import { requireClose, requireDefined, requireErrorCode, requireThat, type ConformanceCheck } from './check.js';
import { momentum, ratioLoss } from './engine/example-training.js';
import { allWeights, anyEntryMoved, requireSameWeights } from './engine/gradient.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from './engine/harness.js';
import { requireSameScores, scoresMoved } from './engine/scores.js';
import { collectTensors, exampleLengths, exampleSequences, exampleTraining } from './example-model.js';

export type { EngineUnderTest } from './engine/harness.js';

const allModels = { critic: true, reference: true, optimizer: momentum } as const;

/** Properties of an {@link Engine}: which models it has, where they start, and that they do not affect each other. */
export function engineConformance(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(test, 'has a critic and a reference only when asked, each in its role', {}, checkRoles),
    withEngine(
      test,
      'all models start from the base weights, the critic with a new head',
      allModels,
      checkInitialWeights,
    ),
    withEngine(test, 'the new head of the critic is a function of the seed', { critic: true }, checkSeededHead),
    withEngine(
      test,
      'a step of one model leaves the others as they are; the reference takes none',
      allModels,
      checkSeparation,
    ),
    withEngine(
      test,
      'a tokenizer with more ids than the model has rows is refused, and so are weights that do not fit',
      {},
      checkRefusedBases,
    ),
  ];
}

async function checkRoles(fixture: EngineFixture): Promise<void> {
  const { engine } = fixture;
  requireThat(engine.critic === undefined && engine.reference === undefined, 'models nobody asked for');
  requireThat(engine.policy.role === 'policy', 'the policy is not in its role');
  const full = await fixture.createAnother(allModels);
  requireThat(
    full.critic?.role === 'critic' && full.reference?.role === 'reference',
    'models that were asked for are missing or in another role',
  );
}

async function checkInitialWeights({ policy, critic, reference, base }: EngineFixture): Promise<void> {
  const given = await collectTensors(base.weights());
  for (const model of [policy, reference]) {
    for (const { name, data } of await allWeights(model)) {
      const expected = requireDefined(`${name} in the base model`, given.get(name));
      requireClose(`${name} of the ${model.role}`, data, expected, 0);
    }
  }
  const heads: NamedTensor[] = [];
  for (const tensor of await allWeights(critic)) {
    const expected = given.get(tensor.name);
    if (expected) requireClose(`${tensor.name} of the critic`, tensor.data, expected, 0);
    else heads.push(tensor);
  }
  requireThat(
    heads.length === 1 && heads.every(({ data }) => data.some((x) => x !== 0)),
    'the critic has not exactly one new tensor',
    heads.map((t) => t.name),
  );
}

async function checkSeededHead(fixture: EngineFixture): Promise<void> {
  const criticOf = async (seed: number): Promise<NamedTensor[]> => {
    const { critic } = await fixture.createAnother({ random: createRandom(seed) });
    return allWeights(requireDefined('the critic', critic));
  };
  const same = await fixture.createAnother();
  await requireSameWeights(requireDefined('the critic', same.critic), fixture.critic, 0);
  requireThat(
    anyEntryMoved(await allWeights(fixture.critic), await criticOf(6), 0),
    'another seed gives the same critic',
  );
}

async function checkSeparation({ policy, critic, reference, vocabSize, tolerance }: EngineFixture): Promise<void> {
  const sequences = exampleSequences(exampleLengths, vocabSize);
  const frozen = await reference.forward(sequences);
  const values = await critic.forward(sequences);
  requireSameScores('reference and policy at the start', frozen, await policy.forward(sequences), tolerance);
  await policy.accumulate(exampleTraining(sequences), ratioLoss);
  await policy.step({ learningRate: 0.5, maxGradNorm: 1 });
  const moved = scoresMoved(await policy.forward(sequences), frozen, 0.01);
  requireThat(moved, 'a large step changed no score of the policy');
  requireSameScores('reference after the step', await reference.forward(sequences), frozen, 0);
  requireSameScores('critic after the step', await critic.forward(sequences), values, 0);
  await requireErrorCode('a step of the reference', 'ORZ_INTERNAL', () =>
    reference.step({ learningRate: 1, maxGradNorm: 1 }),
  );
}

async function checkRefusedBases(fixture: EngineFixture): Promise<void> {
  const { base } = fixture;
  const { tokenizer, config } = base;
  await requireErrorCode('a tokenizer too large', 'ORZ_TOKENIZER', () =>
    fixture.tryCreate({ base: { ...base, tokenizer: { ...tokenizer, vocabSize: config.vocabSize + 1 } } }),
  );
  const weights: NamedTensor[] = [];
  for await (const tensor of base.weights()) weights.push(tensor);
  const first = elementAt(weights, 0);
  const rest = weights.slice(1);
  await requireErrorCode('one weight missing', 'ORZ_WEIGHTS', () =>
    fixture.tryCreate({ base: { ...base, weights: () => rest } }),
  );
  const damaged = { ...first, data: first.data.map((x, i) => (i === 5 ? Infinity : x)) };
  await requireErrorCode('an infinite weight', 'ORZ_NOT_FINITE', () =>
    fixture.tryCreate({ base: { ...base, weights: () => [damaged, ...rest] } }),
  );
}
