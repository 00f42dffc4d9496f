import { createInjectionToken } from '../plugin/injection-token.js';
import type { Advantage } from './advantage.js';
import type { Backend } from './backend.js';
import type { Benchmark } from './benchmark.js';
import type { EngineFactory } from './engine.js';
import type { EntropyTerm } from './entropy.js';
import type { GroupFilter } from './group-filter.js';
import type { EnvironmentModule } from './environment.js';
import type { KlRegularizer } from './kl.js';
import type { Loss } from './loss.js';
import type { MetricSink } from './metric-sink.js';
import type { ModelSource } from './model-source.js';
import type { Optimizer } from './optimizer.js';
import type { ProblemSource, Template } from './problems.js';
import type { RewardModule } from './reward.js';
import type { RewardShaping } from './reward-shaping.js';
import type { SamplerCorrection } from './sampler-correction.js';
import type { SamplerFactory } from './sampler-factory.js';

/**
 * One injection token per contract that a plugin can provide; the slot of a part of a run is also its key in the
 * configuration.
 */
export const contractTokens = {
  backend: createInjectionToken<Backend>('backend'),
  engine: createInjectionToken<EngineFactory>('engine'),
  model: createInjectionToken<ModelSource>('model'),
  data: createInjectionToken<ProblemSource>('data'),
  template: createInjectionToken<Template>('template'),
  sampler: createInjectionToken<SamplerFactory>('sampler'),
  environment: createInjectionToken<EnvironmentModule>('environment'),
  reward: createInjectionToken<RewardModule>('reward'),
  groupFilter: createInjectionToken<GroupFilter>('groupFilter'),
  rewardShaping: createInjectionToken<RewardShaping>('rewardShaping'),
  advantage: createInjectionToken<Advantage>('advantage'),
  policyLoss: createInjectionToken<Loss>('policyLoss'),
  valueLoss: createInjectionToken<Loss>('valueLoss'),
  kl: createInjectionToken<KlRegularizer>('kl'),
  entropy: createInjectionToken<EntropyTerm>('entropy'),
  samplerCorrection: createInjectionToken<SamplerCorrection>('samplerCorrection'),
  optimizer: createInjectionToken<Optimizer>('optimizer'),
  metrics: createInjectionToken<MetricSink>('metrics'),
  benchmark: createInjectionToken<Benchmark>('benchmark'),
} as const;

export type Slot = keyof typeof contractTokens;

/** Slots of a run with exactly one provider; it has a list of metrics, and benchmarks are measured outside of it. */
export type SingleSlot = Exclude<Slot, 'metrics' | 'benchmark'>;

/** The interface behind each slot, as named in the documentation. */
export const contractNames: Readonly<Record<Slot, string>> = {
  backend: 'Backend',
  engine: 'EngineFactory',
  model: 'ModelSource',
  data: 'ProblemSource',
  template: 'Template',
  sampler: 'SamplerFactory',
  environment: 'EnvironmentModule',
  reward: 'RewardModule',
  groupFilter: 'GroupFilter',
  rewardShaping: 'RewardShaping',
  advantage: 'Advantage',
  policyLoss: 'Loss',
  valueLoss: 'Loss',
  kl: 'KlRegularizer',
  entropy: 'EntropyTerm',
  samplerCorrection: 'SamplerCorrection',
  optimizer: 'Optimizer',
  metrics: 'MetricSink',
  benchmark: 'Benchmark',
};

/** The contract behind a slot. */
export type Contract<S extends Slot> = (typeof contractTokens)[S] extends { readonly _type?: infer T }
  ? Exclude<T, undefined>
  : never;
