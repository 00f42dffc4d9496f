import type { Datum, ForwardBackwardOutput, SampleOutput } from '../../core/tinker/protobuf.js';

/**
 * A model of one whole number, in which everything that is counted twice or not at all shows: the gradient is the sum
 * of weight · target token over all data, a step adds it times the learning rate, and a log-probability is −(number +
 * target token).
 */
export class NumberModel {
  gradient = 0;
  steps = 0;

  constructor(public number: number) {}

  pass(data: readonly Datum[], isForwardOnly: boolean): ForwardBackwardOutput {
    let sum = 0;
    const outputs = data.map(({ inputs }) => {
      const targets = inputs['target_tokens'] ?? new Int32Array();
      const weights = inputs['weights'] ?? new Float32Array(targets.length).fill(1);
      targets.forEach((target, i) => (sum += (weights[i] ?? 0) * target));
      return { logprobs: Float32Array.from(targets, (target) => -(this.number + target)) };
    });
    if (!isForwardOnly) this.gradient += sum;
    return {
      type: 'ArrayRecord',
      outputs,
      metrics: { 'loss:sum': sum, 'share:mean': sum / data.length, 'odd:unknown': 1 },
    };
  }

  /** Skips the step for a gradient that is not finite, as FSDP does, and gives null as its norm. */
  step(learningRate: number): Record<string, number | null> {
    const { gradient } = this;
    this.gradient = 0;
    this.steps++;
    if (!Number.isFinite(gradient)) return { 'skyrl.ai/grad_norm': null, 'skyrl.ai/learning_rate': learningRate };
    this.number += learningRate * gradient;
    return { 'skyrl.ai/grad_norm': Math.abs(gradient), 'skyrl.ai/learning_rate': learningRate };
  }
}

/** Samples that tell what they were drawn for: the model's number, the prompt's first token and their own index. */
export function sampled(number: number, prompt: readonly number[], count: number, maxTokens: number): SampleOutput {
  return {
    sequences: Array.from({ length: count }, (_, i) => {
      const tokens = Int32Array.of(number, prompt[0] ?? -1, i).subarray(0, maxTokens);
      return {
        stopReason: maxTokens < 3 ? 'length' : 'stop',
        tokens,
        logprobs: Float32Array.from(tokens, (token) => -token),
      };
    }),
  };
}
