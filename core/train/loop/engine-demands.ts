import { valueAt } from '../../config/check.js';
import { parameterChoices, type RunConfig } from '../../config/schema.js';
import type { RunContainer } from '../../container/run-container.js';
import type { EngineDemands, Refusal } from '../../contracts/engine.js';
import type { ModelSourceContext } from '../../contracts/model-source.js';
import { protocolOf, setsWithProtocol } from '../evaluation/set-protocol.js';
import { settingsRefused } from './errors.js';
import { ConfiguredObjectives } from './objectives.js';
import { tryLosses } from './try-losses.js';

/** The slots from which the demands of a run follow; none of them needs a device. */
export const demandingSlots = [
  'advantage',
  'kl',
  'optimizer',
  'policyLoss',
  'valueLoss',
  'entropy',
  'template',
  'model',
] as const;

/** All that a run asks of its engine. */
export function engineDemands(config: RunConfig, container: RunContainer, context: ModelSourceContext): EngineDemands {
  const critic = container.get('advantage').needsCritic;
  const reference = container.get('kl').needsReference;
  const { losses } = container.resolve(ConfiguredObjectives);
  const { maxResponseTokens, temperature, topP, topK, evaluation } = config;
  const { stop } = container.get('template');
  const sampling = { temperature, topP, topK, maxResponseTokens, stop };
  return {
    roles: ['policy', ...(critic ? (['critic'] as const) : []), ...(reference ? (['reference'] as const) : [])],
    losses: { policy: losses.policy, ...(critic && { critic: losses.critic }) },
    optimizer: container.get('optimizer'),
    ...parameterChoices(config),
    maxGradNorm: config.maxGradNorm,
    sampling,
    evaluation: { ...sampling, temperature: evaluation.temperature, topP: 1, topK: 0 },
    evaluationSets: Object.fromEntries(setsWithProtocol(config).map((set) => [set, samplingOn(set, config, stop)])),
    modelName: modelNameOf(config),
    signal: context.signal,
    describe: () => container.get('model').describe(context),
  };
}

function samplingOn(set: string, config: RunConfig, stop: readonly string[]): EngineDemands['evaluation'] {
  const { temperature, topP, maxResponseTokens } = protocolOf(config, set);
  return { temperature, topP, topK: 0, maxResponseTokens, stop };
}

/** The path of a repository or folder; of a model without one, its type. */
export const modelNameOf = ({ model: { type, path } }: Pick<RunConfig, 'model'>): string =>
  typeof path === 'string' ? path : type;

/**
 * Throws ORZ_CAPABILITY with every setting that the engine of a run would not honour, and for a loss it cannot have.
 */
export async function requireHonoured(
  config: RunConfig,
  container: RunContainer,
  context: ModelSourceContext & { readonly originOf: (path: string) => string },
): Promise<void> {
  const engine = container.get('engine');
  const demands = engineDemands(config, container, context);
  tryLosses(demands);
  const refusals = await engine.refusals(demands);
  if (refusals.length > 0) throw settingsRefused(engine.name, withValues(refusals, config), context.originOf);
}

/** Each with the value of its setting. */
export const withValues = (refusals: readonly Refusal[], config: RunConfig): Refusal[] =>
  refusals.map((refusal) => ({ value: valueAt(config, refusal.path), ...refusal }));
