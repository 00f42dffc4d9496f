import { elementAt, zip } from '../arrays.js';
import type { Backend } from '../contracts/backend.js';
import type { Engine, EngineRequest } from '../contracts/engine.js';
import type { Loss } from '../contracts/loss.js';
import type { Model, TokenScores, TrainingSequence } from '../contracts/model.js';
import type { Optimizer } from '../contracts/optimizer.js';
import type { Completion, SampleRequest } from '../contracts/sampler.js';
import { loraTargets, type LoraSettings } from '../compute/nn/lora.js';
import { createLocalEngine, localEngineSettings } from '../compute/engine/local-engine.js';
import type { DecoderConfig } from '../compute/nn/config.js';
import { requireClose, requireDefined, requireThat, type ConformanceCheck } from './check.js';
import { allWeights, gradientOf, requireSameGradient, requireSameWeights } from './engine/gradient.js';
import { exampleRequest } from './engine/harness.js';
import { requireSameScores } from './engine/scores.js';
import {
  exampleBase,
  exampleDecoder,
  exampleLengths,
  exampleSequences,
  exampleTraining,
  untiedDecoder,
} from './example-model.js';

export interface AgreementOptions {
  /** The backend under test; it is made for each check and disposed after it. */
  readonly create: () => Promise<Backend>;
  /** The oracle. */
  readonly createReference: () => Promise<Backend>;
  readonly policyLoss: Loss;
  readonly valueLoss: Loss;
  readonly optimizer: Optimizer;
  /**
   * Largest difference of scores and losses, relative to 1 + |number|. Gradients may differ by ten times that share of
   * their largest entry.
   */
  readonly tolerance: number;
}

/** One engine on each backend, with the same weights. */
interface EnginePair {
  readonly oracle: Engine;
  readonly tested: Engine;
  /** What a run would have recorded: made once, on the oracle. */
  readonly recorded: Recorded;
  readonly options: AgreementOptions;
}

/** Log-probabilities, values and training inputs. */
interface Recorded {
  readonly scores: readonly TokenScores[];
  readonly values: readonly TokenScores[];
  readonly sequences: readonly TrainingSequence[];
}

/** The model of a check, and how its engines compile it. */
interface AgreementCase {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly programs: 'fused' | 'blocks';
}

const cases: readonly AgreementCase[] = [
  { name: 'tied head, one program', config: exampleDecoder, programs: 'fused' },
  { name: 'tied head, block by block', config: exampleDecoder, programs: 'blocks' },
  { name: 'untied head, one program', config: untiedDecoder, programs: 'fused' },
];

const dtypes = { weights: 'bf16', moments: 'bf16' } as const;
const lora: LoraSettings = { rank: 3, alpha: 5, targets: loraTargets };

/**
 * Checks that the whole engine gives the same numbers on two backends, for the same weights and the same recorded
 * rollouts: scores, losses, all gradients, a clipped optimizer step and greedy texts.
 */
export function backendAgreement(options: AgreementOptions): ConformanceCheck[] {
  const check = (
    title: string,
    one: AgreementCase,
    body: (pair: EnginePair) => Promise<void>,
    request: Partial<EngineRequest> = {},
  ): ConformanceCheck => ({
    title: `${title}: ${one.name}`,
    run: () => withEnginePair(options, one, request, body),
  });
  return cases.flatMap((one) => [
    check('log-probabilities, entropies and values agree', one, checkScores),
    check('losses, metrics and all gradients agree', one, checkTraining),
    check('parameters agree after clipped steps', one, checkSteps, { optimizer: options.optimizer }),
    check('parameters agree after clipped steps of adapters', one, checkSteps, { optimizer: options.optimizer, lora }),
    check('weights in bf16 agree after a step, but for a few roundings', one, checkStoredStep, {
      optimizer: options.optimizer,
      dtypes,
    }),
    check('greedy responses agree', one, checkGreedyResponses),
  ]);
}

/** Makes two engines with the same weights and the same recorded rollouts, on backends of their own. */
async function withEnginePair(
  options: AgreementOptions,
  { config, programs }: AgreementCase,
  request: Partial<EngineRequest>,
  body: (pair: EnginePair) => Promise<void>,
): Promise<void> {
  const reference = await options.createReference();
  const backend = await options.create();
  const settings = localEngineSettings.parse({ microBatchTokens: 96, rowTokens: 16, maxSlots: 8, programs });
  const engineOn = (device: Backend): Promise<Engine> =>
    createLocalEngine(settings, device).create(exampleRequest({ base: exampleBase(config), critic: true, ...request }));
  try {
    const [oracle, tested] = await Promise.all([engineOn(reference), engineOn(backend)]);
    await body({ oracle, tested, recorded: await record(oracle, config), options });
  } finally {
    await reference.dispose();
    await backend.dispose();
  }
}

const criticOf = (engine: Engine): Model => requireDefined('the critic', engine.critic);

async function record(engine: Engine, config: DecoderConfig): Promise<Recorded> {
  const sequences = exampleSequences(exampleLengths, config.vocabSize);
  const scores = await engine.policy.forward(sequences);
  const values = await criticOf(engine).forward(sequences);
  const collected = [...zip(scores, values)].map(([score, value]) => ({ ...score, ...value }));
  return { scores, values, sequences: exampleTraining(sequences, collected) };
}

async function checkScores({ tested, recorded, options: { tolerance } }: EnginePair): Promise<void> {
  requireSameScores('policy', await tested.policy.forward(recorded.sequences), recorded.scores, tolerance);
  requireSameScores('critic', await criticOf(tested).forward(recorded.sequences), recorded.values, tolerance);
}

async function checkTraining(pair: EnginePair): Promise<void> {
  const { policyLoss, valueLoss } = pair.options;
  await requireSameTraining(pair, policyLoss, (engine) => engine.policy);
  await requireSameTraining(pair, valueLoss, criticOf);
}

async function requireSameTraining(pair: EnginePair, loss: Loss, modelOf: (engine: Engine) => Model): Promise<void> {
  const { tolerance } = pair.options;
  const { sequences } = pair.recorded;
  const [oracle, tested] = [modelOf(pair.oracle), modelOf(pair.tested)];
  requireThat(oracle.role === tested.role, 'models of different roles');
  const expected = await oracle.accumulate(sequences, loss);
  const actual = await tested.accumulate(sequences, loss);
  requireClose(`loss ${loss.name}`, [actual.loss], [expected.loss], tolerance);
  for (const [name, value] of Object.entries(expected.metrics))
    requireClose(`${name} of loss ${loss.name}`, [actual.metrics[name] ?? Number.NaN], [value], tolerance);
  // Both accumulators already contain one pass, so these are the gradients of two.
  const a = await gradientOf(oracle, loss, [sequences]);
  const b = await gradientOf(tested, loss, [sequences]);
  requireClose(`gradient norm of loss ${loss.name}`, [b.norm / a.norm], [1], 10 * tolerance);
  requireSameGradient(`gradient of loss ${loss.name}`, b.gradient, a.gradient, 10 * tolerance);
}

async function checkSteps({ oracle, tested, recorded, options }: EnginePair): Promise<void> {
  for (const { policy } of [oracle, tested]) {
    for (let step = 1; step <= 3; step++) {
      await policy.accumulate(recorded.sequences, options.policyLoss);
      await policy.step({ learningRate: 0.01, maxGradNorm: 0.1 });
    }
  }
  // A step divides by the size of the gradient, which lifts rounding of tiny gradients up to the size of a step.
  await requireSameWeights(tested.policy, oracle.policy, 100 * options.tolerance);
}

/** Random bits are the same on both, so only a number that lies next to where rounding changes may go another way. */
async function checkStoredStep({ oracle, tested, recorded, options }: EnginePair): Promise<void> {
  for (const { policy } of [oracle, tested]) {
    await policy.accumulate(recorded.sequences, options.policyLoss);
    await policy.step({ learningRate: 0.01, maxGradNorm: 0.1 });
  }
  let [count, different] = [0, 0];
  for (const [actual, expected] of zip(await allWeights(tested.policy), await allWeights(oracle.policy))) {
    for (const [a, e, i] of zip(actual.data, expected.data)) {
      const neighbours = Math.abs(a - e) <= 2 ** -7 * Math.max(Math.abs(a), Math.abs(e)) + 100 * options.tolerance;
      requireThat(neighbours, `${expected.name}: weight ${i} is ${a} instead of ${e} or a neighbour`);
      count++;
      if (a !== e) different++;
    }
  }
  requireThat(different <= 0.1 * count, `${different} of ${count} weights were rounded another way`);
}

async function checkGreedyResponses({ oracle, tested, recorded, options }: EnginePair): Promise<void> {
  const settings = { temperature: 0, topP: 1, topK: 0, maxResponseTokens: 10, stop: [], stopTokens: [] };
  const requests: SampleRequest[] = recorded.sequences.map(({ tokens, promptLength }, r) => ({
    promptTokens: tokens.slice(0, promptLength),
    count: 1,
    key: [r],
    settings,
  }));
  const sampled = async ({ policy, sampler }: Engine): Promise<Completion[]> => {
    await sampler.sync(policy);
    return sampler.sample(requests);
  };
  const [expected, actual] = await Promise.all([sampled(oracle), sampled(tested)]);
  for (const [i, e] of expected.entries()) {
    const a = elementAt(actual, i);
    requireClose(`tokens of response ${i}`, a.tokens, e.tokens, 0);
    requireClose(`log-probabilities of response ${i}`, a.logprobs, e.logprobs, 5 * options.tolerance);
  }
}
