import { elementAt } from '../../arrays.js';
import type { GradedRollouts, SampleAnswer } from '../../contracts/loop.js';

/** The response at a position, in readable form. */
export function sampleAnswer({ rollouts, results }: GradedRollouts, index: number): SampleAnswer {
  const { problem, text } = elementAt(rollouts, index);
  const { verdict, value } = elementAt(results, index);
  return { problem: problem.prompt, answer: problem.answer, response: text, verdict, reward: value };
}

/** Up to `count` responses worth showing: the first correct one, the first incorrect one, then the others in order. */
export function pickSamples(graded: GradedRollouts, count: number): SampleAnswer[] {
  const correct = graded.results.findIndex(({ verdict }) => verdict === 'correct');
  const other = graded.results.findIndex(({ verdict }) => verdict !== 'correct');
  const chosen = [...new Set([correct, other, ...graded.rollouts.keys()])].filter((i) => i >= 0).slice(0, count);
  return chosen.map((i) => sampleAnswer(graded, i));
}
