import { zip } from '../../core/arrays.js';
import { crossEntropy } from '../../core/recipe/cross-entropy.js';
import { lossWeights } from '../../core/recipe/loss-weights.js';
import { learningRateAt, type Schedule } from '../../core/recipe/schedule.js';
import { tensorsOf } from '../../core/model-files/model-tensors.js';
import type { EngineFactory } from '../../core/contracts/engine.js';
import type {
  BaseModel,
  BaseTraining,
  ModelDescription,
  ModelSource,
  ModelSourceContext,
} from '../../core/contracts/model-source.js';
import type { PhaseHandle } from '../../core/contracts/run-events.js';
import type { Model, NamedTensor, Sequence, TrainingSequence } from '../../core/contracts/model.js';
import type { Optimizer } from '../../core/contracts/optimizer.js';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import type { DecoderConfig } from '../../core/compute/nn/config.js';
import { decoderParameters, initialValues } from '../../core/compute/nn/parameters.js';
import { createRandom, type Random } from '../../core/random.js';
import { policyLength } from '../../core/segments.js';
import type { ExampleCorpus, WorkedExample } from './examples.js';
import type { FinishedWeights } from './finished-weights.js';
import type { NetworkSettings, TrainingSettings } from './network-settings.js';

/** Packing sequences into rows fills about this share of them, so a step fits one micro-batch. */
const fill = 0.92;
const maxGradNorm = 1;

/** What the base model is made with. */
export interface BaseModelParts {
  readonly engines: EngineFactory;
  readonly optimizer: Optimizer;
  readonly finished: FinishedWeights;
}

/** What a base model learns, and how. */
export interface BaseLesson {
  /** Name of the model. */
  readonly name: string;
  readonly tokenizer: Tokenizer;
  corpus(random: Random): ExampleCorpus;
  /** Positions the model has. */
  readonly maxPositions: number;
  readonly settings: NetworkSettings & TrainingSettings;
  /** For one base model whatever the seed of the run; absent, each seed has its own. */
  readonly seed?: number;
}

/**
 * A small decoder trained from scratch on generated, imperfect worked examples, unless its weights come with the
 * package or were made before. Steps are counted, not timed, so that the speed of the machine does not matter.
 */
export function createTrainedBase(lesson: BaseLesson, parts: BaseModelParts): ModelSource {
  const described: ModelDescription = { config: architecture(lesson), tokenizer: lesson.tokenizer };
  const randomOf = ({ random }: { readonly random: Random }): Random =>
    lesson.seed === undefined ? random : createRandom(lesson.seed);
  return {
    name: lesson.name,
    describe: (context) => {
      const random = randomOf(context);
      const training = trainingOf(lesson, random);
      const isShipped = parts.finished.isShipped(random);
      return Promise.resolve({ ...described, training: isShipped ? { ...training, steps: 0 } : training });
    },
    load: async (asked) => {
      const context = { ...asked, random: randomOf(asked) };
      const found = await parts.finished.find(described.config, context);
      if (found !== undefined) return { ...described, weights: found };
      const weights = await trainedWeights(lesson, described, { ...parts, context });
      await parts.finished.keep(weights, context);
      return { ...described, weights: () => weights };
    },
  };
}

/** Examples whose mean length stands for that of all. */
const measuredExamples = 256;

function trainingOf({ settings, ...lesson }: BaseLesson, random: Random): BaseTraining {
  const corpus = lesson.corpus(random);
  const examples = Array.from({ length: measuredExamples }, (_, i) => corpus.at(i));
  const mean = (length: (example: WorkedExample) => number): number =>
    examples.reduce((sum, example) => sum + length(example), 0) / measuredExamples;
  return {
    steps: settings.steps,
    tokensPerStep: Math.round(settings.tokensPerStep * fill),
    promptTokens: mean(({ promptTokens }) => promptTokens.length),
    responseTokens: mean(({ responseTokens }) => responseTokens.length),
  };
}

async function trainedWeights(
  { settings, ...lesson }: BaseLesson,
  { config, tokenizer }: ModelDescription,
  { engines, optimizer, context }: BaseModelParts & { readonly context: ModelSourceContext },
): Promise<NamedTensor[]> {
  const { random, events, signal } = context;
  const fresh: BaseModel = { config, tokenizer, weights: () => initialWeights(config, random) };
  const engine = await engines.create({ base: fresh, optimizer, critic: false, reference: false, random });
  const phase = events.phase('training the base model', settings.steps, 'steps');
  try {
    await train(engine.policy, lesson.corpus(random), settings, { phase, signal });
    const weights: NamedTensor[] = [];
    for await (const tensor of tensorsOf(engine.policy).exportWeights()) weights.push(tensor);
    return weights;
  } finally {
    phase.end();
    await engine.dispose();
  }
}

/** Supervised training, one mean over response tokens per step. */
async function train(
  model: Model,
  corpus: ExampleCorpus,
  settings: TrainingSettings,
  { phase, signal }: { readonly phase: PhaseHandle; readonly signal: AbortSignal },
): Promise<void> {
  const { steps, learningRate: peak, tokensPerStep } = settings;
  const warmupSteps = Math.min(settings.warmupSteps, Math.floor(steps / 4));
  const schedule: Schedule = { type: 'cosine', peak, warmupSteps, totalSteps: steps, floor: 0.05 };
  let example = 0;
  for (let step = 1; step <= steps; step++) {
    signal.throwIfAborted();
    const batch = takeExamples(corpus, example, tokensPerStep * fill);
    example += batch.length;
    await model.accumulate(batch, crossEntropy);
    await model.step({ learningRate: learningRateAt(schedule, step), maxGradNorm });
    phase.progress(step);
  }
}

const architecture = ({ settings: s, tokenizer, maxPositions }: BaseLesson): DecoderConfig => ({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: s.hiddenSize,
  layers: s.layers,
  heads: s.heads,
  kvHeads: s.kvHeads,
  headDim: s.hiddenSize / s.heads,
  intermediateSize: s.intermediateSize,
  rmsNormEps: 1e-6,
  ropeTheta: 10_000,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions,
});

function* initialWeights(config: DecoderConfig, random: Random): Iterable<NamedTensor> {
  for (const [index, spec] of decoderParameters(config, 'language').entries()) {
    yield { name: spec.name, shape: spec.shape, data: initialValues(spec, random.stream('base weights'), index) };
  }
}

/** Examples from number `first` on until they fill a step, weighted to a mean over their response tokens. */
function takeExamples(corpus: ExampleCorpus, first: number, tokens: number): TrainingSequence[] {
  const sequences: Sequence[] = [];
  for (let total = 0; ;) {
    const { promptTokens: prompt, responseTokens: response, segments } = corpus.at(first + sequences.length);
    total += prompt.length + response.length;
    if (total > tokens && sequences.length > 0) break;
    const joined = new Int32Array(prompt.length + response.length);
    joined.set(prompt);
    joined.set(response, prompt.length);
    sequences.push({ tokens: joined, promptLength: prompt.length, ...(segments && { segments }) });
  }
  const weights = lossWeights(
    'token-mean',
    sequences.map((s) => ({ promptLength: s.promptLength, responseLength: policyLength(s) })),
  );
  return [...zip(sequences, weights)].map(([sequence, row]) => ({ ...sequence, weights: row, inputs: {} }));
}
