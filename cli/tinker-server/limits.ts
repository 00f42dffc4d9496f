import type { FutureLimits } from './futures.js';

/** What clients may use of the server. */
export interface ServerLimits extends FutureLimits {
  /** Memory for all models that train; half as much for weights that are only sampled from. */
  readonly memoryBytes: number;
  /** Weights that are kept for sampling while their model has learnt more; the least recently used are dropped. */
  readonly maxKeptWeights: number;
  /** A client that shows no sign of life for so long is gone, and its models are unloaded. */
  readonly sessionTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Requests whose bodies are read at once. */
  readonly maxRequests: number;
  /** What all requests that wait may take. */
  readonly maxWaitingBytes: number;
  /** Samples that wait or are being drawn. */
  readonly maxWaitingSamples: number;
}

/** `memoryBytes` is that of the machine; half of it is left for activations, results and everything else. */
export const usualLimits = (memoryBytes: number): ServerLimits => ({
  memoryBytes: memoryBytes / 2,
  maxKeptWeights: 8,
  sessionTimeoutMs: 300_000,
  maxBodyBytes: 64e6,
  maxRequests: 4096,
  maxWaitingBytes: Math.min(2e9, memoryBytes / 8),
  maxWaitingSamples: 200_000,
  holdMs: 30_000,
  keepFetchedMs: 60_000,
  keepMs: 1_800_000,
  maxBytes: Math.min(2e9, memoryBytes / 8),
});
