import type { Engine } from '../../contracts/engine.js';
import type { EnvironmentPool } from '../../contracts/environment-pool.js';
import type { LoopParts, Objectives } from '../../contracts/loop.js';
import type { MetricSink } from '../../contracts/metric-sink.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { ProblemSet } from '../../contracts/problems.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { Sampler } from '../../contracts/sampler.js';
import { createInjectionToken, type InjectionToken } from '../../plugin/injection-token.js';
import type { Progress } from './progress.js';
import type { TrainingRun } from './training-run.js';

/**
 * What a class of the loop may inject besides the contracts of the slots (`contractTokens`):
 * `@inject(runTokens.run.symbol)`. All are registered once the run is open, before any part of the loop is resolved.
 */
export const runTokens = {
  run: createInjectionToken<TrainingRun>('run/run'),
  engine: createInjectionToken<Engine>('run/engine'),
  sampler: createInjectionToken<Sampler>('run/sampler'),
  baseModel: createInjectionToken<BaseModel>('run/base-model'),
  problems: createInjectionToken<ProblemSet>('run/problems'),
  rewardPool: createInjectionToken<RewardPool>('run/reward-pool'),
  /** All sinks of the run; `contractTokens.metrics` stands for one of them and is not registered. */
  sinks: createInjectionToken<readonly MetricSink[]>('run/sinks'),
  /** Without a pool if responses have one turn. */
  environment: createInjectionToken<{ readonly pool?: EnvironmentPool }>('run/environment'),
  progress: createInjectionToken<Progress>('run/progress'),
  objectives: createInjectionToken<Objectives>('run/objectives'),
} as const;

/** One token per part of the loop; a plugin may replace what is registered under it. */
export const loopTokens: { readonly [P in keyof LoopParts]: InjectionToken<LoopParts[P]> } = {
  collector: createInjectionToken('loop/collector'),
  scorer: createInjectionToken('loop/scorer'),
  estimator: createInjectionToken('loop/estimator'),
  updater: createInjectionToken('loop/updater'),
  evaluator: createInjectionToken('loop/evaluator'),
  recorder: createInjectionToken('loop/recorder'),
  checkpointer: createInjectionToken('loop/checkpointer'),
};
