import type { Answerer } from '../../../core/contracts/answerer.js';

/**
 * Answers "question + sample" from question 0 on, and every second one wrong; says whom it was asked. The text of an
 * answer depends on question and sample alone.
 */
export function countingAnswerer(asked: number[] = [], change: Partial<Answerer> = {}): Answerer {
  return {
    identity: { kind: 'model', name: 'counter', weights: null, prompt: { type: 'none' }, computedBy: { type: 'none' } },
    promptOf: ({ prompt }) => `Q: ${prompt}`,
    answer: async (questions, _settings, { signal, onAnswer }) => {
      // From the last to the first: the order in which responses end is not that of the questions.
      for (const { index, problem, samples } of questions.toReversed()) {
        for (const sample of samples) {
          signal.throwIfAborted();
          const right = (index + sample) % 2 === 0;
          const text = `</think><answer>\\boxed{${right ? problem.answer : 'x'}}</answer>\ud800`;
          await onAnswer({ question: index, sample, text, stopReason: 'stop', responseTokens: text.length });
        }
        asked.push(index);
      }
    },
    close: () => Promise.resolve(),
    ...change,
  };
}
