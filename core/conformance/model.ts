import type { ConformanceCheck } from './check.js';
import { gradientChecks } from './engine/gradients.js';
import type { EngineUnderTest } from './engine/harness.js';
import { scoreChecks } from './engine/scores.js';
import { stateChecks } from './engine/state.js';

/** Properties of a {@link Model}, policy and critic, seen through the engine that makes it. */
export const modelConformance = (test: EngineUnderTest): ConformanceCheck[] => [
  ...scoreChecks(test),
  ...gradientChecks(test),
  ...stateChecks(test),
];
