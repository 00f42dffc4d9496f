import type { Loss } from '../../contracts/loss.js';
import type { Model, TokenScores, TrainingSequence } from '../../contracts/model.js';
import { elementAt, zip } from '../../arrays.js';
import {
  requireClose,
  requireDefined,
  requireErrorCode,
  requireFailure,
  requireThat,
  type ConformanceCheck,
} from '../check.js';
import { exampleLengths, exampleSequences, exampleTraining, type ExampleTrainingSequence } from '../example-model.js';
import { ratioLoss, sequenceLoss, squareLoss } from './example-training.js';
import { allWeights, gradientOf, requireSameGradient, requireSameTensors, squaredNorm, tensorsOf } from './gradient.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from './harness.js';
import { exampleTurns, scoreRow } from './scores.js';

/** The gradient a model accumulates: that of the loss, however the sequences come, and clipped by its global norm. */
export function gradientChecks(test: EngineUnderTest): ConformanceCheck[] {
  const both = { critic: true } as const;
  return [
    withEngine(test, 'the reported loss is that of the scores, and so are its metrics', both, checkReportedLoss),
    withEngine(
      test,
      'along the gradient of each parameter the loss changes as the gradient says',
      both,
      async (fixture) => {
        for (const [model, loss] of trainedPairs(fixture))
          await checkDirections(model, loss, example(fixture.vocabSize).slice(0, 5));
      },
    ),
    withEngine(test, 'the gradient is the same in one call, in several and in another order', both, checkSplitCalls),
    withEngine(
      test,
      "the gradient around an environment's tokens is that of weight 0 on them",
      both,
      checkEnvironmentTokens,
    ),
    withEngine(test, 'a step clears the gradient and raises the version', {}, checkClearing),
    withEngine(test, 'clips by the global norm and reports the norm before', {}, checkClipping),
    withEngine(
      test,
      'a loss that reads what its model does not compute, or what the batch lacks, is refused',
      both,
      checkMissingInputs,
    ),
    withEngine(test, 'numbers that are not finite stop before any parameter changes', {}, checkNonFinite),
    withEngine(test, 'weights and inputs must be as long as the response', {}, async ({ policy, vocabSize }) => {
      const [first, ...rest] = example(vocabSize);
      const { weights, ...others } = requireDefined('an example', first);
      const longer = { ...others, weights: Float32Array.of(...weights, 1) };
      const accumulate = (): Promise<unknown> => policy.accumulate([longer, ...rest], ratioLoss);
      await requireErrorCode('one weight too many', 'ORZ_INTERNAL', accumulate);
    }),
    withEngine(test, 'an aborted signal stops the work', {}, async ({ policy, vocabSize }) => {
      const sequences = example(vocabSize);
      const signal = AbortSignal.abort();
      const completed = 'an aborted call ran to completion';
      await requireFailure(completed, () => policy.forward(sequences, { signal }));
      await requireFailure(completed, () => policy.accumulate(sequences, ratioLoss, { signal }));
    }),
  ];
}

/** Nothing else of them counts either: their inputs do not exist. */
async function checkEnvironmentTokens(fixture: EngineFixture): Promise<void> {
  const [plain] = exampleTraining(exampleSequences([[3, 15]], fixture.vocabSize));
  const { weights, inputs, ...sequence } = requireDefined('an example', plain);
  const isOwn = (t: number): boolean => t < 5 || t >= 9;
  const ownOf = (row: Float32Array): Float32Array => row.filter((_, t) => isOwn(t));
  const turns: TrainingSequence = {
    ...sequence,
    segments: exampleTurns,
    weights: ownOf(weights),
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, row]) => [name, ownOf(row)])),
  };
  const masked = { ...sequence, inputs, weights: weights.map((weight, t) => (isOwn(t) ? weight : 0)) };
  for (const [model, loss] of trainedPairs(fixture)) {
    const own = await gradientOf(model, loss, [[turns]]);
    const zeroed = await gradientOf(model, loss, [[masked]]);
    requireClose(`loss of the ${model.role}`, [own.loss], [zeroed.loss], fixture.tolerance);
    requireSameGradient(`gradient of the ${model.role}`, own.gradient, zeroed.gradient, gradientTolerance(fixture));
  }
}

/** Each trained model with losses that train it. */
const trainedPairs = ({ policy, critic }: EngineFixture): [Model, Loss][] => [
  [policy, ratioLoss],
  [policy, sequenceLoss],
  [critic, squareLoss],
];

const example = (vocabSize: number): ExampleTrainingSequence[] =>
  exampleTraining(exampleSequences(exampleLengths, vocabSize));

/** Gradients add up in rounded arithmetic, in an order that depends on the packing. */
const gradientTolerance = ({ tolerance }: EngineFixture): number => 10 * tolerance;

async function checkReportedLoss(fixture: EngineFixture): Promise<void> {
  const { policy, critic } = fixture;
  const tolerance = gradientTolerance(fixture);
  const sequences = example(fixture.vocabSize);
  const scores = await policy.forward(sequences);
  const values = await critic.forward(sequences);
  const report = await policy.accumulate(sequences, ratioLoss);
  requireClose('policy loss', [report.loss], [weightedSum(sequences, scores, ratioTerm)], tolerance);
  const logprob = weightedSum(sequences, scores, (_, s, t) => elementAt(scoreRow(s, 'logprobs'), t));
  requireClose('metric', [requireDefined('the metric', report.metrics['logprob'])], [logprob], tolerance);
  const value = await critic.accumulate(sequences, squareLoss);
  requireClose('value loss', [value.loss], [weightedSum(sequences, values, squareTerm)], tolerance);
}

/** What one token contributes to a loss, before its weight. */
type LossTerm = (sequence: ExampleTrainingSequence, scores: TokenScores, token: number) => number;

const ratioTerm: LossTerm = ({ inputs }, scores, t) =>
  Math.exp(elementAt(scoreRow(scores, 'logprobs'), t) - elementAt(inputs.oldLogprobs, t)) *
  elementAt(inputs.advantages, t);

/** The mean of the whole response, whichever its token. */
const sequenceTerm: LossTerm = ({ inputs }, scores, t) => {
  const ratios = scoreRow(scores, 'logprobs').map((logprob, u) => logprob - elementAt(inputs.oldLogprobs, u));
  return Math.exp(ratios.reduce((sum, x) => sum + x, 0) / ratios.length) * elementAt(inputs.advantages, t);
};

const squareTerm: LossTerm = ({ inputs }, scores, t) =>
  (elementAt(scoreRow(scores, 'values'), t) - elementAt(inputs.returns, t)) ** 2;

const terms: ReadonlyMap<Loss, LossTerm> = new Map([
  [ratioLoss, ratioTerm],
  [sequenceLoss, sequenceTerm],
  [squareLoss, squareTerm],
]);

/** Sum over all tokens of weight times term, in float64. */
function weightedSum(
  sequences: readonly ExampleTrainingSequence[],
  scores: readonly TokenScores[],
  term: LossTerm,
): number {
  return [...zip(sequences, scores)].reduce(
    (sum, [sequence, row]) => sum + sequence.weights.reduce((part, w, t) => part + w * term(sequence, row, t), 0),
    0,
  );
}

async function checkSplitCalls(fixture: EngineFixture): Promise<void> {
  const tolerance = gradientTolerance(fixture);
  const sequences = example(fixture.vocabSize);
  const splits: TrainingSequence[][][] = [
    [sequences.slice(0, 4), sequences.slice(4)],
    sequences.map((s) => [s]),
    [[...sequences].reverse()],
  ];
  for (const [model, loss] of trainedPairs(fixture)) {
    const once = await gradientOf(model, loss, [sequences]);
    for (const calls of splits) {
      const parts = await gradientOf(model, loss, calls);
      requireClose(`${model.role} loss in ${calls.length} calls`, [parts.loss], [once.loss], tolerance);
      requireSameGradient(`${model.role} in ${calls.length} calls`, parts.gradient, once.gradient, tolerance);
    }
  }
}

async function checkClearing(fixture: EngineFixture): Promise<void> {
  const { policy } = fixture;
  const sequences = example(fixture.vocabSize);
  const first = await gradientOf(policy, ratioLoss, [sequences]);
  const { version } = policy;
  const again = await gradientOf(policy, ratioLoss, [sequences]);
  requireSameGradient('second gradient', again.gradient, first.gradient, gradientTolerance(fixture));
  requireThat(policy.version > version, `version ${policy.version} after a step from ${version}`);
}

async function checkClipping(fixture: EngineFixture): Promise<void> {
  const { policy } = fixture;
  const tolerance = gradientTolerance(fixture);
  const sequences = example(fixture.vocabSize);
  const free = await gradientOf(policy, ratioLoss, [sequences]);
  const norm = Math.sqrt(squaredNorm(free.gradient.values()));
  requireClose('reported norm', [free.norm / norm], [1], tolerance);
  const clipped = await gradientOf(policy, ratioLoss, [sequences], norm / 4);
  requireClose('norm reported when clipped', [clipped.norm / norm], [1], tolerance);
  const quarter = new Map([...free.gradient].map(([name, data]) => [name, data.map((x) => x / 4)]));
  // 1e-4 beside rounding: engines guard the quotient with a small constant.
  requireSameGradient('clipped', clipped.gradient, quarter, tolerance + 1e-4);
}

async function checkMissingInputs({ policy, critic, vocabSize }: EngineFixture): Promise<void> {
  const sequences = example(vocabSize);
  const bare = sequences.map(({ inputs: { advantages: _, ...inputs }, ...rest }) => ({ ...rest, inputs }));
  const refused = (what: string, accumulate: () => Promise<unknown>): Promise<void> =>
    requireErrorCode(what, 'ORZ_CAPABILITY', accumulate);
  await refused('values of a policy', () => policy.accumulate(sequences, squareLoss));
  await refused('log-probabilities of a critic', () => critic.accumulate(sequences, ratioLoss));
  await refused('a batch without advantages', () => policy.accumulate(bare, ratioLoss));
}

async function checkNonFinite({ policy, vocabSize }: EngineFixture): Promise<void> {
  const before = await allWeights(policy);
  for (const bad of [Number.NaN, Infinity]) {
    const sequences = example(vocabSize);
    elementAt(sequences, 2).inputs.advantages[1] = bad;
    await requireErrorCode(`an advantage of ${bad}`, 'ORZ_NOT_FINITE', async () => {
      await policy.accumulate(sequences, ratioLoss);
      await policy.step({ learningRate: 1, maxGradNorm: 1 });
    });
  }
  requireSameTensors('weights afterwards', await allWeights(policy), before, 0);
}

/** Relative step along a gradient: large against rounding to f32, small against curvature. */
const relativeStep = 2 ** -9;
/** What curvature leaves of a central difference at that step, relative to the slope. */
const differenceTolerance = 0.02;
/** Rounding of a loss of order 1 that is summed from f32 scores. */
const lossResolution = 1e-6;

/** Moves one parameter tensor at a time along its own gradient: the slope must be the squared norm of that gradient. */
async function checkDirections(model: Model, loss: Loss, sequences: readonly ExampleTrainingSequence[]): Promise<void> {
  const { gradient } = await gradientOf(model, loss, [sequences]);
  const weights = await allWeights(model);
  for (const { name, data } of weights) {
    const direction = requireDefined(`the gradient of ${name}`, gradient.get(name));
    const slope = squaredNorm([direction]);
    requireThat(slope > 0, `no gradient reaches ${name} of the ${model.role}`);
    const lossAt = async (by: number): Promise<number> => {
      const moved = data.map((x, i) => x + by * elementAt(direction, i));
      await tensorsOf(model).importWeights(weights.map((w) => (w.name === name ? { ...w, data: moved } : w)));
      return lossOf(model, loss, sequences);
    };
    const by = (relativeStep * Math.max(0.1, Math.sqrt(squaredNorm([data])))) / Math.sqrt(slope);
    const difference = ((await lossAt(by)) - (await lossAt(-by))) / (2 * by);
    requireThat(
      Math.abs(difference - slope) <= differenceTolerance * slope + lossResolution / by,
      `the loss changes by ${difference} along the gradient of ${name} of the ${model.role}, not by ${slope}`,
    );
  }
  await tensorsOf(model).importWeights(weights);
}

/** The loss without its gradient, summed in float64 from the scores. */
async function lossOf(model: Model, loss: Loss, sequences: readonly ExampleTrainingSequence[]): Promise<number> {
  const term = terms.get(loss);
  return weightedSum(sequences, await model.forward(sequences), requireDefined('the term of the loss', term));
}
