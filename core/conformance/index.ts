/** Conformance suites: what every implementation of a contract must do, as lists of checks for any test runner. */
export * from './check.js';
export * from './run-graph.js';
export * from './advantage.js';
export * from './reward.js';
export * from './environment.js';
export {
  compileLoss,
  exampleLossData,
  type LossData,
  type LossEvaluation,
  type LossRunner,
  type TrainedField,
} from './compile-loss.js';
export * from './loss.js';
export * from './kl.js';
export * from './entropy.js';
export * from './group-filter.js';
export * from './reward-shaping.js';
export * from './sampler-correction.js';
export * from './optimizer.js';
export * from './backend.js';
export * from './example-model.js';
export * from './engine.js';
export * from './model.js';
export * from './sampler.js';
export * from './metric-sink.js';
export * from './backend-agreement.js';
