import type { LoopParts, Objectives } from '../../contracts/loop.js';
import type { RunContainer } from '../../container/run-container.js';
import { HeldOutEvaluator } from '../evaluation/evaluator.js';
import { BackgroundCheckpointer } from '../state/checkpointer.js';
import { SamplingCollector } from './collector.js';
import { AdvantageEstimator } from './estimator.js';
import { ConfiguredObjectives } from './objectives.js';
import { SinkRecorder } from './recorder.js';
import { loopTokens, runTokens } from './run-tokens.js';
import { ForwardScorer } from './scorer.js';
import { MiniBatchUpdater } from './updater.js';

/** The parts of the loop: those of plugins where they replace one, else the built-in classes. The run must be open. */
export function resolveLoopParts(container: RunContainer): LoopParts {
  container.register(runTokens.objectives, container.resolve<Objectives>(ConfiguredObjectives));
  container.registerPart('collector', loopTokens.collector, SamplingCollector);
  container.registerPart('scorer', loopTokens.scorer, ForwardScorer);
  container.registerPart('estimator', loopTokens.estimator, AdvantageEstimator);
  container.registerPart('updater', loopTokens.updater, MiniBatchUpdater);
  container.registerPart('evaluator', loopTokens.evaluator, HeldOutEvaluator);
  container.registerPart('recorder', loopTokens.recorder, SinkRecorder);
  container.registerPart('checkpointer', loopTokens.checkpointer, BackgroundCheckpointer);
  return {
    collector: container.inject(loopTokens.collector),
    scorer: container.inject(loopTokens.scorer),
    estimator: container.inject(loopTokens.estimator),
    updater: container.inject(loopTokens.updater),
    evaluator: container.inject(loopTokens.evaluator),
    recorder: container.inject(loopTokens.recorder),
    checkpointer: container.inject(loopTokens.checkpointer),
  };
}
