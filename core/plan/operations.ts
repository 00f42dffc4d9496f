import type { DecoderConfig } from '../compute/nn/config.js';
import type { OperationsPlan, PlanRequest } from './types.js';

/**
 * Operations of a forward pass over `tokens` tokens that attend to `meanContext` earlier ones on average: two per
 * matrix element, and attention. `headOutputs` counts the outputs of the head over all tokens.
 */
export function forwardOperations(a: DecoderConfig, tokens: number, meanContext: number, headOutputs: number): number {
  const block = a.hiddenSize * (2 * a.heads + 2 * a.kvHeads) * a.headDim + 3 * a.hiddenSize * a.intermediateSize;
  const attention = 2 * a.heads * a.headDim * meanContext; // queries with keys, weights with values
  return 2 * tokens * a.layers * (block + attention) + 2 * headOutputs * a.hiddenSize;
}

/** Operations of an iteration. The heads concern response tokens only. */
export function planOperations({ config, critic, reference }: PlanRequest, a: DecoderConfig): OperationsPlan {
  const prompts = config.rolloutBatchSize;
  const responses = prompts * config.samplesPerPrompt;
  const { maxPromptTokens: P, maxResponseTokens: T } = config;
  const pass = (outputs: number): number =>
    forwardOperations(a, responses * (P + T), (P + T) / 2, responses * T * outputs);
  const policyPass = pass(a.vocabSize);
  const criticPass = pass(1);
  const prefill = forwardOperations(a, prompts * P, P / 2, 0);
  const decode = forwardOperations(a, responses * T, P + T / 2, responses * T * a.vocabSize);
  const sample = prefill + decode;
  const score = policyPass * (reference ? 2 : 1) + (critic ? criticPass : 0);
  const trained = { critic: critic ? 4 * criticPass : 0, policy: 4 * policyPass };
  return { sample, score, ...trained, total: sample + score + trained.critic + trained.policy };
}
