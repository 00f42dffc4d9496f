import type { RolloutRecord } from '../../../core/contracts/metric-sink.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';

export const tokenizer = createArithmeticTokenizer();

/** A response of `length` tokens with recognisable numbers. */
export function record(
  index: number,
  { group = index, length = 3, trained = true, answer = '12', reward = 1 } = {},
): RolloutRecord {
  const row = (offset: number): Float32Array => Float32Array.from({ length }, (_, t) => -(offset + t / 7));
  return {
    rollout: {
      index,
      problem: { id: `p/${group}`, prompt: '5+7', answer: '12' },
      promptTokens: tokenizer.encode('5+7='),
      responseTokens: Int32Array.from({ length }, (_, t) => t % 10),
      segments: [{ source: 'policy', length }],
      samplerLogprobs: row(0.1),
      text: tokenizer.decode(Array.from({ length }, (_, t) => t % 10)),
      stopReason: 'stop',
      weightVersion: 4,
    },
    result: { value: 1, verdict: 'correct', answer, detail: { rule: 'equal' } },
    group,
    ...(trained && {
      training: {
        reward,
        logprobs: row(0.2),
        entropy: row(0.3),
        values: row(0.4),
        advantages: row(0.5),
        returns: row(0.6),
      },
    }),
  };
}
