import type { RunConfig } from '../config/schema.js';
import { typicalLengths } from './cluster-time.js';
import type { PlanRequest, WireLoad, WirePlan } from './types.js';

/**
 * Bytes of a response token in one direction, short datum form: token 4, target 8, weight 4; two float arrays more for
 * an update. Results: 4 for each number, 8 for a sampled token with its log-probability.
 */
const forwardBytes = 16;
const updateBytes = 24;
const numberBytes = 4;
const sampledBytes = 8;
/** Measured with skyrl 0.3 and 0.4 on a CPU: microseconds per token that its API process takes in. */
const ingestSeconds = 4.5e-6;
/** Measured likewise: bytes per token stored for a request, and for its result. */
const storedRequestBytes = 55;
const storedResultBytes = 38;

/** Sizes the traffic of an iteration: samples, then a scoring pass and an update pass of each model. */
export function planWire(request: PlanRequest): WirePlan {
  return { typical: load(request, typicalLengths(request.config)), max: load(request, request.config) };
}

function load({ critic }: PlanRequest, config: RunConfig): WireLoad {
  const models = critic ? 2 : 1;
  const responses = config.rolloutBatchSize * config.samplesPerPrompt;
  const { maxPromptTokens: P, maxResponseTokens: T } = config;
  const scored = 4 * P + (forwardBytes + numberBytes) * T;
  const updated = 4 * P + updateBytes * T;
  // Only the update of the policy returns a number per token.
  const bytes = responses * (models * (scored + updated) + numberBytes * T + sampledBytes * T);
  const passes = 2 * models;
  const stored = passes * storedRequestBytes * (P + T) + (models + 2) * storedResultBytes * T;
  return { bytes, serverSeconds: passes * responses * (P + T) * ingestSeconds, databaseBytes: responses * stored };
}
