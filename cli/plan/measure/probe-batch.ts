import { pack } from '../../../core/compute/engine/packing.js';
import type { RunConfig } from '../../../core/config/schema.js';
import type { TrainingSequence } from '../../../core/contracts/model.js';
import type { Lengths } from '../../../core/plan/time.js';

interface BatchRequest {
  readonly config: RunConfig;
  /** Mean lengths. */
  readonly lengths: Lengths;
  readonly role: 'policy' | 'critic';
  /** As many as there is time for. */
  readonly tokens: number;
}

/** Response lengths of a batch around their mean: equal ones would leave gaps in rows that a run does not have. */
const spread = [1, 0.5, 1.5, 0.75, 1.25] as const;

/** Sequences that fill one micro-batch, or a mini-batch if that is smaller, or the tokens that there is time for. */
export function batchOf({ config, lengths, role, tokens }: BatchRequest): TrainingSequence[] {
  const { microBatchTokens, rowTokens } = config.engine;
  const limits = { microBatchTokens: Number(microBatchTokens), rowTokens: Number(rowTokens) };
  const steps = role === 'policy' ? config.policyUpdateSteps : config.criticUpdateSteps;
  const miniBatch = Math.ceil((config.rolloutBatchSize * config.samplesPerPrompt) / Math.max(1, steps));
  const batch = [sequenceOf(lengths)];
  let total = lengths.promptTokens + lengths.responseTokens;
  while (batch.length < miniBatch) {
    const next = sequenceOf({
      ...lengths,
      responseTokens: lengths.responseTokens * (spread[batch.length % spread.length] ?? 1),
    });
    total += next.tokens.length;
    if (total > tokens || pack([...batch, next], limits).length > 1) break;
    batch.push(next);
  }
  return batch;
}

function sequenceOf({ promptTokens, responseTokens }: Lengths): TrainingSequence {
  const promptLength = Math.max(1, Math.round(promptTokens));
  const responseLength = Math.max(1, Math.round(responseTokens));
  const filled = (value: number): Float32Array => new Float32Array(responseLength).fill(value);
  const zeros = filled(0);
  return {
    tokens: new Int32Array(promptLength + responseLength),
    promptLength,
    weights: filled(1e-3),
    inputs: { oldLogprobs: zeros, refLogprobs: zeros, advantages: filled(1), oldValues: zeros, returns: zeros },
  };
}
