import type { DecoderConfig } from '../compute/nn/config.js';
import type { PlanRequest } from './plan.js';

/** Floating-point operations of one iteration by phase, at most: every prompt and response at its longest. Arithmetic in docs/plan.md. */
export interface OperationsPlan {
  /** One forward pass per prompt, one per response. */
  readonly sample: number;
  /** A forward pass of every model over every sequence. */
  readonly score: number;
  /** Forward, forward again from block borders (gradient checkpointing), and the backward pass of twice the work. */
  readonly critic: number;
  readonly policy: number;
  readonly total: number;
}

/** What a network does for one token in the middle of a sequence: two operations per matrix element, and attention over what came before. */
export function forwardOperations(a: DecoderConfig, tokens: number, meanContext: number, headOutputs: number): number {
  const block = a.hiddenSize * (2 * a.heads + 2 * a.kvHeads) * a.headDim + 3 * a.hiddenSize * a.intermediateSize;
  const attention = 2 * a.heads * a.headDim * meanContext; // queries with keys, weights with values
  return 2 * tokens * a.layers * (block + attention) + 2 * headOutputs * a.hiddenSize;
}

/** Operations of an iteration. The heads concern response tokens only. */
export function planOperations({ config, critic, reference }: PlanRequest, a: DecoderConfig): OperationsPlan {
  const prompts = config.rolloutBatchSize,
    responses = prompts * config.samplesPerPrompt;
  const { maxPromptTokens: P, maxResponseTokens: T } = config;
  const whole = (outputs: number): number =>
    forwardOperations(a, responses * (P + T), (P + T) / 2, responses * T * outputs);
  const language = whole(a.vocabSize),
    value = whole(1);
  const prefill = forwardOperations(a, prompts * P, P / 2, 0);
  const decode = forwardOperations(a, responses * T, P + T / 2, responses * T * a.vocabSize);
  const sample = prefill + decode;
  const score = language * (reference ? 2 : 1) + (critic ? value : 0);
  const trained = { critic: critic ? 4 * value : 0, policy: 4 * language };
  return { sample, score, ...trained, total: sample + score + trained.critic + trained.policy };
}
