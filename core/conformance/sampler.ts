import type { ConformanceCheck } from './check.js';
import type { EngineUnderTest } from './engine/harness.js';
import { completionChecks } from './sampler/completions.js';
import { randomnessChecks } from './sampler/randomness.js';
import { refusalChecks } from './sampler/refusals.js';
import { stoppingChecks } from './sampler/stopping.js';

/** Properties of a {@link Sampler}, seen through the engine that owns it. */
export const samplerConformance = (test: EngineUnderTest): ConformanceCheck[] =>
  [completionChecks, randomnessChecks, stoppingChecks, refusalChecks].flatMap((checks) => checks(test));
