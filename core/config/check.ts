import type { Advantage } from '../contracts/advantage.js';
import type { Capabilities } from '../contracts/engine.js';
import type { KlRegularizer } from '../contracts/kl.js';
import type { ErrorCode } from '../errors.js';
import { inconsistentSetting } from './errors.js';
import type { RunConfig } from './schema.js';

/** A rule between fields: when it is broken, what is allowed, and what to do. */
interface Rule<Subject> {
  readonly path: string;
  readonly code?: ErrorCode;
  broken(subject: Subject): boolean;
  allowed(subject: Subject): string;
  remedy(subject: Subject): string;
}

const responses = (config: RunConfig) => config.rolloutBatchSize * config.samplesPerPrompt;
const sequenceTokens = (config: RunConfig) => config.maxPromptTokens + config.maxResponseTokens;
const rowHoldsSequence = (config: RunConfig) => (config.packedRowTokens ?? 0) >= sequenceTokens(config);
const fewerSteps = (path: string) => (c: RunConfig) =>
  `Set ${path} to at most ${responses(c)}, or raise rolloutBatchSize or samplesPerPrompt.`;
const responsePerStep = (config: RunConfig) =>
  `at most rolloutBatchSize × samplesPerPrompt = ${responses(config)}, so that each step has a response`;

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
    path: 'packedRowTokens',
    broken: (c) => c.lossAggregation === 'packed-row-mean' && !rowHoldsSequence(c),
    allowed: (c) =>
      `at least maxPromptTokens + maxResponseTokens = ${sequenceTokens(c)}, so that every response fits a row`,
    remedy: (c) =>
      `Set packedRowTokens to ${sequenceTokens(c)} or more, or lossAggregation to token-mean, which needs no rows.`,
  },
];

/** Throws ORZ_CONFIG_INVALID for the first rule between fields that the configuration breaks. */
export function checkConfig(config: RunConfig, originOf: (path: string) => string): void {
  applyRules(configRules, config, config, originOf);
}

/** Started parts whose own properties decide whether the configuration makes sense. */
export interface RunParts {
  readonly config: RunConfig;
  readonly advantage: Pick<Advantage, 'name' | 'needsCritic' | 'minGroupSize'>;
  readonly kl: Pick<KlRegularizer, 'name' | 'needsReference'>;
  readonly capabilities: Capabilities;
}

type Supported = 'any' | readonly string[];
const supports = (supported: Supported, name: string) => supported === 'any' || supported.includes(name);
const namesOf = (supported: Supported) => (supported === 'any' ? 'any' : `one of ${supported.join(', ')}`);
const engineRemedy = (what: string) => () => `${what}, or choose another engine.`;

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
    path: 'samplesPerPrompt',
    broken: ({ config, advantage }) => config.samplesPerPrompt < (advantage.minGroupSize ?? 1),
    allowed: ({ advantage }) =>
      `at least ${advantage.minGroupSize}, because advantage '${advantage.name}' compares responses to one prompt`,
    remedy: ({ advantage }) =>
      `Set samplesPerPrompt to ${advantage.minGroupSize} or more, or choose an advantage with a critic, such as gae.`,
  },
  {
    path: 'kl',
    code: 'ORZ_CAPABILITY',
    broken: ({ kl, capabilities }) => kl.needsReference && !capabilities.roles.includes('reference'),
    allowed: () => 'a kl without a reference model: this engine has none',
    remedy: engineRemedy('Set kl=none'),
  },
  {
    path: 'advantage',
    code: 'ORZ_CAPABILITY',
    broken: ({ advantage, capabilities }) => advantage.needsCritic && !capabilities.roles.includes('critic'),
    allowed: () => 'an advantage without a critic: this engine has none',
    remedy: engineRemedy('Set advantage=group and criticUpdateSteps=0'),
  },
  {
    path: 'policyLoss',
    code: 'ORZ_CAPABILITY',
    broken: ({ config, capabilities }) => !supports(capabilities.losses, config.policyLoss.type),
    allowed: ({ capabilities }) => namesOf(capabilities.losses),
    remedy: engineRemedy('Choose a loss that the engine supports'),
  },
  {
    path: 'valueLoss',
    code: 'ORZ_CAPABILITY',
    broken: ({ config, advantage, capabilities }) =>
      advantage.needsCritic && !supports(capabilities.losses, config.valueLoss.type),
    allowed: ({ capabilities }) => namesOf(capabilities.losses),
    remedy: engineRemedy('Choose a loss that the engine supports'),
  },
  {
    path: 'optimizer',
    code: 'ORZ_CAPABILITY',
    broken: ({ config, capabilities }) => !supports(capabilities.optimizers, config.optimizer.type),
    allowed: ({ capabilities }) => namesOf(capabilities.optimizers),
    remedy: engineRemedy('Choose an optimizer that the engine supports'),
  },
  {
    path: 'topP',
    code: 'ORZ_CAPABILITY',
    broken: ({ config, capabilities }) => config.topP < 1 && !capabilities.topP,
    allowed: () => '1: this engine cannot sample with top-p',
    remedy: engineRemedy('Set topP=1'),
  },
  {
    path: 'topK',
    code: 'ORZ_CAPABILITY',
    broken: ({ config, capabilities }) => config.topK > 0 && !capabilities.topK,
    allowed: () => '0: this engine cannot sample with top-k',
    remedy: engineRemedy('Set topK=0'),
  },
];

/**
 * Throws when the configuration contradicts what the started parts need (ORZ_CONFIG_INVALID) or asks for something that
 * the engine does not support (ORZ_CAPABILITY). Call it before any weights load.
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
  const rule = rules.find((candidate) => candidate.broken(subject));
  if (!rule) return;
  const value = rule.path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], config);
  throw inconsistentSetting(
    { path: rule.path, value, allowed: rule.allowed(subject), origin: originOf(rule.path) },
    rule.code ?? 'ORZ_CONFIG_INVALID',
    rule.remedy(subject),
  );
}
