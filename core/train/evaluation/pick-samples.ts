import type { RewardResult, Rollout } from '../../contracts/data.js';
import type { SampleAnswer } from './evaluate.js';

/** Up to `count` responses of a batch worth showing: the first correct one, the first that is not, then others in their order. */
export function pickSamples(
  rollouts: readonly Rollout[],
  results: readonly RewardResult[],
  count: number,
): SampleAnswer[] {
  const correct = results.findIndex(({ verdict }) => verdict === 'correct');
  const other = results.findIndex(({ verdict }) => verdict !== 'correct');
  const chosen = [...new Set([correct, other, ...rollouts.keys()])].filter((i) => i >= 0).slice(0, count);
  return chosen.map((i) => {
    const { problem, text } = rollouts[i]!;
    return {
      problem: problem.prompt,
      answer: problem.answer,
      response: text,
      verdict: results[i]!.verdict,
      reward: results[i]!.value,
    };
  });
}
