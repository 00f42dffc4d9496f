import type { Loss } from '../../contracts/loss.js';
import type { Model, TrainingSequence } from '../../contracts/model.js';
import { requireClose, requireThat, type ConformanceCheck } from '../check.js';
import { exampleLengths, exampleSequences, exampleTraining } from '../example-model.js';
import {
  allWeights,
  gradientOf,
  ratioLoss,
  requireCode,
  requireSameGradient,
  squareLoss,
  squaredNorm,
  withEngine,
  type EngineUnderTest,
} from './harness.js';

/** Which loss trains which model. */
const pairs = (policy: Model, critic: Model): [Model, Loss][] => [
  [policy, ratioLoss],
  [critic, squareLoss],
];

const example = (vocabSize: number): TrainingSequence[] => exampleTraining(exampleSequences(exampleLengths, vocabSize));

/** Gradients add up in rounded arithmetic, in an order that depends on the packing. */
const gradientTolerance = (test: EngineUnderTest): number => 10 * test.tolerance;

/** The gradient a model accumulates: that of the loss, however the sequences come, and clipped by its global norm. */
export function gradientChecks(test: EngineUnderTest): ConformanceCheck[] {
  const both = { critic: true } as const;
  return [
    withEngine(
      test,
      'the reported loss is that of the scores, and so are its metrics',
      both,
      async ({ policy, critic }, { config }) => {
        const sequences = example(config.vocabSize);
        const scores = await policy.forward(sequences),
          values = await critic!.forward(sequences);
        const total = (of: (s: number, t: number) => number): number =>
          sequences.reduce((sum, s, i) => sum + s.weights.reduce((part, w, t) => part + w * of(i, t), 0), 0);
        const report = await policy.accumulate(sequences, ratioLoss);
        const ratio = total(
          (s, t) =>
            Math.exp(scores[s]!.logprobs![t]! - sequences[s]!.inputs.oldLogprobs![t]!) *
            sequences[s]!.inputs.advantages![t]!,
        );
        requireClose('policy loss', [report.loss], [ratio], gradientTolerance(test));
        requireClose(
          'metric',
          [report.metrics['logprob']!],
          [total((s, t) => scores[s]!.logprobs![t]!)],
          gradientTolerance(test),
        );
        const value = await critic!.accumulate(sequences, squareLoss);
        requireClose(
          'value loss',
          [value.loss],
          [total((s, t) => (values[s]!.values![t]! - sequences[s]!.inputs.returns![t]!) ** 2)],
          gradientTolerance(test),
        );
      },
    ),
    withEngine(
      test,
      'along the gradient of each parameter the loss changes as the gradient says',
      both,
      async ({ policy, critic }, { config }) => {
        for (const [model, loss] of pairs(policy, critic!))
          await checkDirections(model, loss, example(config.vocabSize).slice(0, 5));
      },
    ),
    withEngine(
      test,
      'the gradient is the same in one call, in several and in another order',
      both,
      async ({ policy, critic }, { config }) => {
        const sequences = example(config.vocabSize);
        for (const [model, loss] of pairs(policy, critic!)) {
          const once = await gradientOf(model, loss, [sequences]);
          for (const calls of [
            [sequences.slice(0, 4), sequences.slice(4)],
            sequences.map((s) => [s]),
            [[...sequences].reverse()],
          ]) {
            const parts = await gradientOf(model, loss, calls);
            requireClose(
              `${model.role} loss in ${calls.length} calls`,
              [parts.loss],
              [once.loss],
              gradientTolerance(test),
            );
            requireSameGradient(
              `${model.role} in ${calls.length} calls`,
              parts.gradient,
              once.gradient,
              gradientTolerance(test),
            );
          }
        }
      },
    ),
    withEngine(test, 'a step clears the gradient and raises the version', {}, async ({ policy }, { config }) => {
      const sequences = example(config.vocabSize);
      const first = await gradientOf(policy, ratioLoss, [sequences]);
      const { version } = policy;
      const again = await gradientOf(policy, ratioLoss, [sequences]);
      requireSameGradient('second gradient', again.gradient, first.gradient, gradientTolerance(test));
      requireThat(policy.version > version, `version ${policy.version} after a step from ${version}`);
    }),
    withEngine(test, 'clips by the global norm and reports the norm before', {}, async ({ policy }, { config }) => {
      const free = await gradientOf(policy, ratioLoss, [example(config.vocabSize)]);
      const norm = Math.sqrt(squaredNorm(free.gradient.values()));
      requireClose('reported norm', [free.norm / norm], [1], gradientTolerance(test));
      const limited = await gradientOf(policy, ratioLoss, [example(config.vocabSize)], norm / 4);
      requireClose('norm reported when clipped', [limited.norm / norm], [1], gradientTolerance(test));
      // 1e-4 beside rounding: engines guard the quotient with a small constant.
      requireSameGradient(
        'clipped',
        limited.gradient,
        new Map([...free.gradient].map(([name, data]) => [name, data.map((x) => x / 4)])),
        gradientTolerance(test) + 1e-4,
      );
    }),
    withEngine(
      test,
      'a loss that reads what its model does not compute, or what the batch lacks, is refused',
      both,
      async ({ policy, critic }, { config }) => {
        const sequences = example(config.vocabSize);
        await requireCode('values of a policy', 'ORZ_CAPABILITY', () => policy.accumulate(sequences, squareLoss));
        await requireCode('log-probabilities of a critic', 'ORZ_CAPABILITY', () =>
          critic!.accumulate(sequences, ratioLoss),
        );
        const bare = sequences.map(({ inputs: { advantages: _, ...inputs }, ...rest }) => ({ ...rest, inputs }));
        await requireCode('a batch without advantages', 'ORZ_CAPABILITY', () => policy.accumulate(bare, ratioLoss));
      },
    ),
    withEngine(
      test,
      'numbers that are not finite stop before any parameter changes',
      {},
      async ({ policy }, { config }) => {
        const before = await allWeights(policy);
        for (const bad of [Number.NaN, Infinity]) {
          const sequences = example(config.vocabSize);
          sequences[2]!.inputs.advantages![1] = bad;
          await requireCode(`an advantage of ${bad}`, 'ORZ_NOT_FINITE', async () => {
            await policy.accumulate(sequences, ratioLoss);
            await policy.step({ learningRate: 1, maxGradNorm: 1 });
          });
        }
        const after = await allWeights(policy);
        after.forEach(({ name, data }, i) => requireClose(`${name} afterwards`, data, before[i]!.data, 0));
      },
    ),
    withEngine(test, 'weights and inputs must be as long as the response', {}, async ({ policy }, { config }) => {
      const [first, ...rest] = example(config.vocabSize) as [TrainingSequence, ...TrainingSequence[]];
      const longer = { ...first, weights: Float32Array.of(...first.weights, 1) };
      await requireCode('one weight too many', 'ORZ_INTERNAL', () => policy.accumulate([longer, ...rest], ratioLoss));
    }),
    withEngine(test, 'an aborted signal stops the work', {}, async ({ policy }, { config }) => {
      const sequences = example(config.vocabSize),
        signal = AbortSignal.abort();
      for (const work of [
        () => policy.forward(sequences, { signal }),
        () => policy.accumulate(sequences, ratioLoss, { signal }),
      ]) {
        requireThat(
          await work().then(
            () => false,
            () => true,
          ),
          'an aborted call went through',
        );
      }
    }),
  ];
}

/** Relative step along a gradient: large against rounding to f32, small against curvature. */
const step = 2 ** -9;
/** What curvature leaves of a central difference at that step, relative to the slope. */
const differenceTolerance = 0.02;

/** Moves one parameter tensor at a time along its own gradient: the slope must be the squared norm of that gradient. */
async function checkDirections(model: Model, loss: Loss, sequences: readonly TrainingSequence[]): Promise<void> {
  const { gradient } = await gradientOf(model, loss, [sequences]);
  const weights = await allWeights(model);
  const lossAt = async (name: string, by: number): Promise<number> => {
    const moved = gradient.get(name)!;
    await model.importWeights(
      weights.map((w) => (w.name === name ? { ...w, data: w.data.map((x, i) => x + by * moved[i]!) } : w)),
    );
    return lossOf(model, loss, sequences);
  };
  for (const { name, data } of weights) {
    const slope = squaredNorm([gradient.get(name)!]);
    requireThat(slope > 0, `no gradient reaches ${name} of the ${model.role}`);
    const by = (step * Math.max(0.1, Math.sqrt(squaredNorm([data])))) / Math.sqrt(slope);
    const difference = ((await lossAt(name, by)) - (await lossAt(name, -by))) / (2 * by);
    requireThat(
      Math.abs(difference - slope) <= differenceTolerance * slope + lossResolution / by,
      `the loss changes by ${difference} along the gradient of ${name} of the ${model.role}, not by ${slope}`,
    );
  }
  await model.importWeights(weights);
}

/** Rounding of a loss of order 1 that is summed from f32 scores. */
const lossResolution = 1e-6;

/** The loss without its gradient, summed in float64 from the scores. */
async function lossOf(model: Model, loss: Loss, sequences: readonly TrainingSequence[]): Promise<number> {
  const scores = await model.forward(sequences);
  const perToken = (s: number, t: number): number => {
    const { inputs } = sequences[s]!;
    return loss === ratioLoss
      ? Math.exp(scores[s]!.logprobs![t]! - inputs.oldLogprobs![t]!) * inputs.advantages![t]!
      : (scores[s]!.values![t]! - inputs.returns![t]!) ** 2;
  };
  return sequences.reduce(
    (sum, { weights }, s) => sum + weights.reduce((part, w, t) => part + w * perToken(s, t), 0),
    0,
  );
}
