import type { Advantage } from '../contracts/advantage.js';
import type { EngineFactory } from '../contracts/engine.js';
import type { ModelSource } from '../contracts/model-source.js';
import { inconsistentSetting, together } from './errors.js';
import { parameterChoices, type RunConfig } from './schema.js';

/** A rule between fields: when it is broken, what is allowed, and what to do. */
interface Rule<Subject> {
  readonly path: string;
  readonly broken: (subject: Subject) => boolean;
  readonly allowed: (subject: Subject) => string;
  readonly remedy: (subject: Subject) => string;
}

const responses = (config: RunConfig) => config.rolloutBatchSize * config.samplesPerPrompt;
const sequenceTokens = (config: RunConfig) => config.maxPromptTokens + config.maxResponseTokens;
const rowHoldsSequence = (config: RunConfig) => (config.packedRowTokens ?? 0) >= sequenceTokens(config);
const fewerSteps = (path: string) => (c: RunConfig) =>
  `Set ${path} to at most ${responses(c)}, or raise rolloutBatchSize or samplesPerPrompt.`;
const responsePerStep = (config: RunConfig) =>
  `at most rolloutBatchSize × samplesPerPrompt = ${responses(config)}, so that each step has a response`;

const needsScorePass = ({ policyUpdateSteps, policyEpochs, samplerCorrection, guards }: RunConfig) =>
  policyUpdateSteps * policyEpochs > 1 || samplerCorrection.type !== 'none' || guards.canary;

const configRules: readonly Rule<RunConfig>[] = [
  {
    path: 'policyUpdateSteps',
    broken: (c) => c.policyUpdateSteps > responses(c),
    allowed: responsePerStep,
    remedy: fewerSteps('policyUpdateSteps'),
  },
  {
    path: 'criticUpdateSteps',
    broken: (c) => c.criticUpdateSteps > responses(c),
    allowed: responsePerStep,
    remedy: fewerSteps('criticUpdateSteps'),
  },
  {
    path: 'policyScorePass',
    broken: (c) => !c.policyScorePass && needsScorePass(c),
    allowed: () =>
      'true with several policy steps per iteration, with a samplerCorrection and with guards.canary: ' +
      'they compare the policy with what it was',
    remedy: () =>
      'Set policyScorePass=true, or policyUpdateSteps=1, policyEpochs=1, samplerCorrection=none and ' +
      'guards.canary=false.',
  },
  {
    path: 'policyDecaySteps',
    broken: (c) => c.policyDecaySteps !== undefined && c.policyFinalLearningRate === undefined,
    allowed: () => 'steps together with policyFinalLearningRate, to which the learning rate goes',
    remedy: () => 'Set policyFinalLearningRate too (the paper anneals to 3e-7), or take policyDecaySteps out.',
  },
  {
    path: 'policyFinalLearningRate',
    broken: (c) => c.policyDecaySteps === undefined && c.policyFinalLearningRate !== undefined,
    allowed: () => 'a rate together with policyDecaySteps, the optimizer steps in which it is reached',
    remedy: () => 'Set policyDecaySteps too, or take policyFinalLearningRate out.',
  },
  {
    path: 'policyFinalLearningRate',
    broken: (c) => (c.policyFinalLearningRate ?? 0) > c.policyLearningRate,
    allowed: (c) => `at most policyLearningRate = ${c.policyLearningRate}`,
    remedy: () => 'Lower policyFinalLearningRate, or raise policyLearningRate.',
  },
  {
    path: 'dataFilters.passRate.min',
    broken: ({ dataFilters: { passRate } }) => (passRate?.min ?? 0) >= (passRate?.max ?? Infinity),
    allowed: (c) => `below dataFilters.passRate.max = ${c.dataFilters.passRate?.max}, or nothing is left`,
    remedy: () => 'Lower dataFilters.passRate.min, or raise dataFilters.passRate.max.',
  },
  {
    path: 'lora.rank',
    broken: (c) => parameterChoices(c).lora !== undefined && parameterChoices(c).frozen !== undefined,
    allowed: () => '0 with frozen parts: adapters freeze everything else already',
    remedy: () => 'Leave frozen out, or set lora.rank=0.',
  },
  {
    path: 'packedRowTokens',
    broken: (c) => c.lossAggregation === 'packed-row-mean' && !rowHoldsSequence(c),
    allowed: (c) =>
      `at least maxPromptTokens + maxResponseTokens = ${sequenceTokens(c)}, so that every response fits a row`,
    remedy: (c) =>
      `Set packedRowTokens to ${sequenceTokens(c)} or more, or lossAggregation to token-mean, which needs no rows.`,
  },
];

/** Throws ORZ_CONFIG_INVALID for the rules between fields that the configuration breaks. */
export function checkConfig(config: RunConfig, originOf: (path: string) => string): void {
  applyRules(configRules, config, config, originOf);
}

/** Started parts whose own properties decide whether the configuration makes sense. */
export interface RunParts {
  readonly config: RunConfig;
  readonly advantage: Pick<Advantage, 'name' | 'needsCritic' | 'minGroupSize'>;
  readonly model: Pick<ModelSource, 'hasCritic'>;
  readonly engine: Pick<EngineFactory, 'name' | 'hasWeights'>;
}

/** Why a critic that the model brings could not be the one that is trained; undefined if it can. */
function criticObstacle({ config, advantage, engine }: RunParts): string | undefined {
  if (!advantage.needsCritic) return `advantage '${advantage.name}' uses no critic`;
  if (parameterChoices(config).lora) return 'adapters of a critic start on the weights of the policy';
  return engine.hasWeights ? `engine '${engine.name}' makes its critic itself` : undefined;
}

const partRules: readonly Rule<RunParts>[] = [
  {
    path: 'criticUpdateSteps',
    broken: ({ config, advantage }) => advantage.needsCritic && config.criticUpdateSteps === 0,
    allowed: ({ advantage }) => `at least 1, because advantage '${advantage.name}' uses a critic`,
    remedy: () =>
      'Set criticUpdateSteps to 1 or more (ORZ: 12), or choose an advantage without a critic: advantage=group.',
  },
  {
    path: 'criticUpdateSteps',
    broken: ({ config, advantage }) => !advantage.needsCritic && config.criticUpdateSteps > 0,
    allowed: ({ advantage }) => `0, because advantage '${advantage.name}' uses no critic and none is made`,
    remedy: () => 'Set criticUpdateSteps=0, or choose an advantage with a critic, such as gae.',
  },
  {
    path: 'criticOnlyIterations',
    broken: ({ config, advantage }) => !advantage.needsCritic && config.criticOnlyIterations > 0,
    allowed: ({ advantage }) => `0, because advantage '${advantage.name}' uses no critic and none is made`,
    remedy: () => 'Set criticOnlyIterations=0, or choose an advantage with a critic, such as gae.',
  },
  {
    path: 'model.critic',
    broken: (parts) => parts.model.hasCritic === true && criticObstacle(parts) !== undefined,
    allowed: (parts) => `nothing, because ${criticObstacle(parts)}`,
    remedy: () => 'Take model.critic out.',
  },
  {
    path: 'samplesPerPrompt',
    broken: ({ config, advantage }) => config.samplesPerPrompt < (advantage.minGroupSize ?? 1),
    allowed: ({ advantage }) =>
      `at least ${advantage.minGroupSize}, because advantage '${advantage.name}' compares responses to one prompt`,
    remedy: ({ advantage }) =>
      `Set samplesPerPrompt to ${advantage.minGroupSize} or more, or choose an advantage with a critic, such as gae.`,
  },
];

/**
 * Throws ORZ_CONFIG_INVALID when the configuration contradicts what the started parts need. Call it before any weights
 * load. What the engine would not honour is another question: `requireHonoured`.
 */
export function checkParts(parts: RunParts, originOf: (path: string) => string): void {
  applyRules(partRules, parts, parts.config, originOf);
}

function applyRules<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  config: RunConfig,
  originOf: (path: string) => string,
): void {
  const faults = rules
    .filter((rule) => rule.broken(subject))
    .map(({ path, allowed, remedy }) => {
      const broken = { path, value: valueAt(config, path), allowed: allowed(subject), origin: originOf(path) };
      return inconsistentSetting(broken, remedy(subject));
    });
  if (faults.length > 0) throw together(faults);
}

/** The value of a setting by its path; undefined if there is none. */
export const valueAt = (config: RunConfig, path: string): unknown =>
  path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown> | undefined)?.[key], config);
