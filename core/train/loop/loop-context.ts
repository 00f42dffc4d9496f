import type { Engine } from '../../contracts/engine.js';
import type { GroupFilter } from '../../contracts/group-filter.js';
import type { LoopParts } from '../../contracts/loop.js';
import type { ResponseTrait } from '../../contracts/problems.js';
import type { Sampler } from '../../contracts/sampler.js';
import type { Canary } from '../diagnostics/canary.js';
import type { PhaseTimer } from './phase-timer.js';
import type { ProblemLoader } from './problem-loader.js';
import type { Progress } from './progress.js';
import type { TrainingRun } from './training-run.js';

/** What all iterations share. */
export interface LoopContext {
  readonly run: TrainingRun;
  readonly parts: LoopParts;
  readonly engine: Engine;
  readonly sampler: Sampler;
  readonly loader: ProblemLoader;
  readonly filter: GroupFilter;
  /** Whether the advantage compares with greedy responses. */
  readonly needsGreedyBaseline: boolean;
  readonly traits: readonly ResponseTrait[];
  readonly progress: Progress;
  readonly timer: PhaseTimer;
  /** Watches a run in which nothing may change; absent in all others. */
  readonly canary: Canary | undefined;
}
