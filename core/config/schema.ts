import * as z from 'zod';
import { loraTargets } from '../compute/nn/lora.js';
import type { ParameterChoices } from '../compute/nn/parameter-choices.js';
import { storedDTypes } from '../compute/nn/parameters.js';
import { lossAverages } from '../recipe/loss-weights.js';
import type { SingleSlot } from '../contracts/contract-tokens.js';
import { dataFiltersSchema } from '../data/filters.js';

/**
 * A choice of provider: `type` names it, the other keys are its settings, validated by the provider's own schema. In
 * every layer the name alone stands for `{ type: name }`.
 */
const slot = (description: string) => z.looseObject({ type: z.string().min(1) }).describe(description);

/** Where a run does without. */
const none = { type: 'none' };

const count = (minimum: number) => z.int().min(minimum);
const rate = z.number().positive().max(1);

const gradingSchema = z.strictObject({
  workers: count(1).max(256).default(1).describe('Threads that grade responses while sampling continues'),
  timeoutMs: count(1)
    .max(3_600_000)
    .default(10_000)
    .describe(
      'Milliseconds after which a stuck grading thread is replaced and its response counted as a timeout; ' +
        'verdicts themselves are limited by counted steps',
    ),
});

const heldOutSetSchema = z.strictObject({
  samples: count(1).optional().describe('Responses per problem of this set'),
  temperature: z.number().min(0).max(5).optional().describe('Sampling temperature on this set; 0 is greedy'),
  topP: rate.optional().describe('Sample only from the tokens with this probability on this set; 1 is off'),
  maxResponseTokens: count(1).optional().describe('Maximum tokens of a response on this set'),
  problems: count(1).optional().describe('Maximum number of problems of this set in every evaluation'),
});

const evaluationSchema = z.strictObject({
  every: count(0)
    .default(0)
    .describe('Iterations between evaluations on held-out problems; 0 evaluates only before and after the run'),
  problems: count(1)
    .default(2048)
    .describe('Maximum number of held-out problems of each set in the evaluations before and after the run'),
  periodicProblems: count(1)
    .default(512)
    .describe('Maximum number of held-out problems of each set in the evaluations during the run'),
  maxPromptTokens: count(1)
    .optional()
    .describe(
      'Maximum tokens of a held-out prompt, template included; if absent, maxPromptTokens. A longer one is an error',
    ),
  samples: count(1).default(1).describe('Responses per held-out problem; the reward is their mean'),
  temperature: z
    .number()
    .min(0)
    .max(5)
    .default(1)
    .describe('Sampling temperature of evaluations; 0 is greedy: it takes the most probable token'),
  sets: z
    .record(z.string().min(1), heldOutSetSchema)
    .default({})
    .describe('What differs for a held-out set, by its name: samples, temperature, topP, maxResponseTokens, problems'),
});

const checkpointSchema = z.strictObject({
  every: count(1).default(50).describe('Iterations between checkpoints; the last iteration is always saved'),
  keep: count(1)
    .default(2)
    .describe('Number of latest checkpoints to keep; with 1, a damaged checkpoint leaves none to resume from'),
  keepBest: count(0)
    .default(1)
    .describe('Number of checkpoints with the highest held-out reward to keep besides the latest'),
  bestSet: z
    .string()
    .min(1)
    .optional()
    .describe('Held-out set whose reward says which checkpoints are best; if absent, the mean over all sets'),
});

const loraSchema = z.strictObject({
  rank: count(0)
    .default(0)
    .describe('Rank of the adapters that are trained in place of the weights; 0 trains all parameters'),
  alpha: z.number().positive().default(32).describe('An adapter counts alpha / rank times'),
  targets: z
    .array(z.enum(loraTargets))
    .min(1)
    .default([...loraTargets])
    .describe('Linear layers that get an adapter, in every block of policy and critic'),
});

const dtype = () => z.enum(storedDTypes).default('f32');

const dtypesSchema = z.strictObject({
  weights: dtype().describe('How weights are stored between steps; in bf16 they are rounded stochastically after each'),
  moments: dtype().describe('How the state of the optimizer is stored between steps, rounded likewise'),
});

const frozenSchema = z.strictObject({
  embedding: z
    .boolean()
    .default(false)
    .describe('Whether the embedding stays as it is, and with it an output layer that is tied to it'),
  blocks: count(0).default(0).describe('Number of first blocks that stay as they are'),
});

const guardsSchema = z.strictObject({
  maxLogprobGap: z
    .number()
    .positive()
    .max(100)
    .default(0.5)
    .describe(
      'Mean difference between the log-probabilities of sampler and trainer, in nats, ' +
        'above which the run stops before it updates anything',
    ),
  canary: z
    .boolean()
    .default(false)
    .describe(
      'Self-test of the training loop: learning rates are 0, and the run fails if weights, log-probabilities or ' +
        'rewards change',
    ),
  hookSeconds: count(1)
    .max(86_400)
    .default(60)
    .describe('Seconds that a hook of a plugin may take: every method of a sink, and ending a part of the run'),
  workSeconds: count(1)
    .max(604_800)
    .default(900)
    .describe('Seconds that any other call into a plugin, and the run as a whole, may take without progress'),
});

/**
 * The whole configuration of a run: one line of documentation per field. Settings of the training recipe have no
 * default here and come from a preset; those with a default do not change the recipe.
 */
export const runConfigSchema = z.strictObject({
  seed: z.int().min(0).max(0xffff_ffff).describe('Every random number of the run is a function of this'),
  iterations: count(1).describe('Iterations of the run: responses are collected and the models updated once in each'),
  runDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the run; if absent, a new one is named after the preset and the time'),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe('Your own plugins: paths relative to the configuration file, or package names'),

  model: slot('Base model: where architecture, tokenizer and first weights come from'),
  data: slot('Problems to train on and to evaluate with'),
  template: slot('How a problem becomes the text that the model continues'),
  backend: slot('What executes the tensor programs: library and device'),
  engine: slot('What holds the models: this process or a remote service'),
  sampler: slot('What draws responses from the policy'),
  environment: slot('What answers the policy between its turns, such as a tool').prefault(none),
  reward: slot('How a response is graded'),
  groupFilter: slot('Which groups of responses are trained on, and whether others replace them').prefault(none),
  rewardShaping: slot('How rewards are changed after grading, and which responses stay out of the losses').prefault(
    none,
  ),
  advantage: slot('How rewards become advantages and value targets'),
  policyLoss: slot('Loss of the policy'),
  valueLoss: slot('Loss of the critic'),
  kl: slot('Whether and how a KL term keeps the policy near the base model'),
  entropy: slot('Term of the policy loss that raises the entropy').prefault(none),
  samplerCorrection: slot(
    'How the policy gradient is corrected for a sampler that draws from a slightly different distribution',
  ).prefault(none),
  optimizer: slot('Update rule of policy and critic'),
  metrics: z
    .array(slot('Where the numbers of each iteration go'))
    .default([{ type: 'jsonl' }])
    .describe('Where the numbers of each iteration go; a list'),

  rolloutBatchSize: count(1).describe('Prompts per iteration (P)'),
  samplesPerPrompt: count(1).describe('Responses per prompt (G)'),
  maxPromptTokens: count(1).describe(
    'Maximum tokens of a prompt, template included; dataFilters.promptTooLong says what happens to longer ones',
  ),
  maxResponseTokens: count(1).describe('Maximum tokens of a response; one that reaches it is truncated and scores 0'),
  temperature: z.number().positive().max(5).describe('Sampling temperature during training'),
  topP: z
    .number()
    .positive()
    .max(1)
    .describe('Sample only from the most probable tokens that together have this probability; 1 is off'),
  topK: count(0).describe('Sample only from this many most probable tokens; 0 is off'),

  policyUpdateSteps: count(1).describe(
    'Optimizer steps of the policy per pass over the responses, each on an equal part of them',
  ),
  criticUpdateSteps: count(0).describe(
    'Optimizer steps of the critic per pass over the responses; 0 if the advantage uses no critic',
  ),
  policyScorePass: z
    .boolean()
    .default(true)
    .describe(
      'Whether the policy scores its responses before it is updated; without, which takes a single policy step, ' +
        'old log-probabilities are those of the step itself, and elsewhere those of the sampler',
    ),
  policyEpochs: count(1).default(1).describe('Passes of the policy over the responses of an iteration'),
  criticEpochs: count(1).default(1).describe('Passes of the critic over the responses of an iteration'),
  criticOnlyIterations: count(0)
    .default(0)
    .describe(
      'Iterations at the beginning in which only the critic learns, so that the policy meets one that knows it',
    ),
  policyLearningRate: rate.describe('Learning rate of the policy after warm-up'),
  criticLearningRate: rate.describe('Learning rate of the critic after warm-up'),
  policyWarmupSteps: count(0).describe('Optimizer steps over which the learning rate of the policy rises linearly'),
  criticWarmupSteps: count(0).describe('Optimizer steps over which the learning rate of the critic rises linearly'),
  policyDecaySteps: count(1)
    .optional()
    .describe(
      'Optimizer steps after warm-up over which the learning rate of the policy goes linearly to ' +
        'policyFinalLearningRate; if absent, it stays as it is',
    ),
  policyFinalLearningRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Learning rate of the policy after policyDecaySteps, at most policyLearningRate'),
  maxGradNorm: z.number().positive().describe('Gradients are scaled down to this global L2 norm'),
  whitenAdvantages: z
    .boolean()
    .describe(
      'Whether advantages are normalised to mean 0 and standard deviation 1 over all response tokens of the iteration',
    ),
  lossAggregation: z
    .enum(lossAverages)
    .describe(
      'Average of the losses: over all tokens; over tokens of a response, then responses; ' +
        'over tokens of a packed row, then rows (as ORZ does); ' +
        'sum over tokens by maxResponseTokens, then mean over responses',
    ),
  packedRowTokens: count(1).optional().describe('Tokens of a row for packed-row-mean'),
  shuffleRewards: z
    .boolean()
    .default(false)
    .describe(
      'Control experiment: rewards are permuted among the responses of an iteration, so that they carry no signal',
    ),

  lora: loraSchema.prefault({}).describe('Whether low-rank adapters (LoRA) are trained in place of all parameters'),
  dtypes: dtypesSchema.prefault({}).describe('How the numbers of the models are stored; all arithmetic is f32'),
  frozen: frozenSchema.prefault({}).describe('Which parts of policy and critic are not trained'),
  dataFilters: dataFiltersSchema
    .prefault({})
    .describe('What is checked before training, and what happens to problems that fail'),
  grading: gradingSchema.prefault({}).describe('Threads and time limit of grading, and of the steps of an environment'),
  evaluation: evaluationSchema.prefault({}).describe('When and how held-out problems are evaluated'),
  guards: guardsSchema.prefault({}).describe('What must hold in every iteration'),
  checkpoint: checkpointSchema.prefault({}).describe('When the state of the run is saved, and what is kept'),
});

/** A resolved configuration: plain JSON data with every default filled in, settings of slots included. */
export type RunConfig = z.infer<typeof runConfigSchema>;

/**
 * What a run wants of the parameters of its models; without what is as usual, and was so in every run of a version that
 * lacks the setting.
 */
export function parameterChoices({
  lora,
  dtypes,
  frozen,
}: Partial<Pick<RunConfig, 'lora' | 'dtypes' | 'frozen'>>): ParameterChoices {
  return {
    ...(lora !== undefined && lora.rank > 0 && { lora }),
    ...((dtypes?.weights === 'bf16' || dtypes?.moments === 'bf16') && { dtypes }),
    ...((frozen?.embedding === true || (frozen?.blocks ?? 0) > 0) && { frozen }),
  };
}

/** The adapters of a run; undefined if there are none. */
export const loraOf = (config: Partial<Pick<RunConfig, 'lora'>>): ParameterChoices['lora'] =>
  parameterChoices(config).lora;

/** The choice in one slot: provider type and its settings. */
export interface SlotConfig {
  readonly type: string;
  readonly [setting: string]: unknown;
}

export type { SingleSlot };

type SlotInput = string | Readonly<Record<string, unknown>>;
type Input = z.input<typeof runConfigSchema>;

/** What a layer may state: any part of the configuration, with a slot's type alone as shorthand. */
export type RunConfigInput = {
  readonly [K in keyof Input]?: K extends SingleSlot
    ? SlotInput
    : K extends 'metrics'
      ? readonly SlotInput[]
      : K extends 'lora' | 'dtypes' | 'frozen' | 'dataFilters' | 'grading' | 'evaluation' | 'guards' | 'checkpoint'
        ? Partial<Exclude<Input[K], undefined>>
        : Input[K];
};

/** Names of the single slots in the order of the documentation. */
export const singleSlots = [
  'model',
  'data',
  'template',
  'sampler',
  'environment',
  'reward',
  'groupFilter',
  'rewardShaping',
  'advantage',
  'policyLoss',
  'valueLoss',
  'kl',
  'entropy',
  'samplerCorrection',
  'optimizer',
  'backend',
  'engine',
] as const satisfies readonly SingleSlot[];
