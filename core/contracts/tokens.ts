import { createToken } from '../plugin/token.js';
import type { Advantage } from './advantage.js';
import type { Backend } from './backend.js';
import type { EngineFactory } from './engine.js';
import type { KlRegularizer } from './kl.js';
import type { Loss } from './loss.js';
import type { MetricSink } from './platform.js';
import type { ModelSource } from './model-source.js';
import type { Optimizer } from './optimizer.js';
import type { ProblemSource, Template } from './problems.js';
import type { RewardModule } from './reward.js';
import type { SamplerFactory } from './sampler.js';

/** One typed token per contract a plugin can provide; the slot is also the key in the configuration. */
export const tokens = {
  backend: createToken<Backend>('backend'),
  engine: createToken<EngineFactory>('engine'),
  model: createToken<ModelSource>('model'),
  data: createToken<ProblemSource>('data'),
  template: createToken<Template>('template'),
  sampler: createToken<SamplerFactory>('sampler'),
  reward: createToken<RewardModule>('reward'),
  advantage: createToken<Advantage>('advantage'),
  policyLoss: createToken<Loss>('policyLoss'),
  valueLoss: createToken<Loss>('valueLoss'),
  kl: createToken<KlRegularizer>('kl'),
  optimizer: createToken<Optimizer>('optimizer'),
  metrics: createToken<MetricSink>('metrics'),
} as const;

export type Slot = keyof typeof tokens;

/** The interface behind each slot, as it is called in the documentation. */
export const contractNames: Readonly<Record<Slot, string>> = {
  backend: 'Backend',
  engine: 'EngineFactory',
  model: 'ModelSource',
  data: 'ProblemSource',
  template: 'Template',
  sampler: 'SamplerFactory',
  reward: 'RewardModule',
  advantage: 'Advantage',
  policyLoss: 'Loss',
  valueLoss: 'Loss',
  kl: 'KlRegularizer',
  optimizer: 'Optimizer',
  metrics: 'MetricSink',
};

/** The contract behind a slot. */
export type Contract<S extends Slot> = (typeof tokens)[S] extends { readonly _type?: infer T }
  ? Exclude<T, undefined>
  : never;
