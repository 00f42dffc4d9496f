import type { RunConfig } from '../config/schema.js';
import { architectureNeeded } from './errors.js';
import { planOperations } from './operations.js';
import type { PlanRequest } from './types.js';

/**
 * The run of the authors on Qwen2.5-7B: 5.5 days for about 730 iterations on 64 H800 (issue 1 of their repository). The
 * mean lengths are what its throughput comes to, some 300 response tokens per second and GPU, and the prompts of the
 * data set; no time per iteration is published for another size.
 */
export const authorsRun = { gpus: 64, secondsPerIteration: 650, promptTokens: 200, responseTokens: 1500 } as const;

/**
 * Share of the arithmetic of the data sheet that the authors' run achieved over a whole iteration: sampling, scoring
 * and both trainings, with recomputation, at the lengths above (a test computes it). What another framework achieves is
 * not known here.
 */
export const utilisation = 0.051;

/** Seconds of arithmetic per iteration at {@link utilisation}; what the API adds is in the plan of the wire. */
export interface ClusterTime {
  /** With the mean lengths of the authors' 7B run. */
  readonly typicalSeconds: number;
  /** With every prompt and response of the maximum length. */
  readonly maxSeconds: number;
  /** GPU-hours of the whole run, typical. */
  readonly gpuHours: number;
}

/** Time on `gpus` GPUs of `operationsPerSecond` each, as if work spread over them without loss. */
export function clusterTime(request: PlanRequest, gpus: number, operationsPerSecond: number): ClusterTime {
  const { architecture, config } = request;
  if (architecture === undefined) throw architectureNeeded();
  const seconds = (lengths: RunConfig): number =>
    planOperations({ ...request, config: lengths }, architecture).total / (gpus * operationsPerSecond * utilisation);
  const typicalSeconds = seconds(typicalLengths(config));
  return {
    typicalSeconds,
    maxSeconds: seconds(config),
    gpuHours: (gpus * typicalSeconds * config.iterations) / 3600,
  };
}

/** The configuration with the mean lengths of the authors' run in place of the maxima, where those are larger. */
export const typicalLengths = (config: RunConfig): RunConfig => ({
  ...config,
  maxPromptTokens: Math.min(config.maxPromptTokens, authorsRun.promptTokens),
  maxResponseTokens: Math.min(config.maxResponseTokens, authorsRun.responseTokens),
});
