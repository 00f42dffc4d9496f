import type { Problem } from '../../core/contracts/data.js';
import { passRateField } from '../../core/data/pass-rate.js';
import { binomialInterval } from '../../core/evaluation/binomial-interval.js';

/** A problem with how many of its sampled responses were right. */
export interface MinedProblem {
  readonly problem: Problem;
  readonly right: number;
  readonly samples: number;
}

/** The lines of a mined file, which training data of the form `mined` are. */
export async function* minedLines(mined: readonly MinedProblem[]): AsyncIterable<Uint8Array> {
  for (const entry of mined) yield new TextEncoder().encode(`${JSON.stringify(recordOf(entry))}\n`);
}

/** Always with its keys in this order: equal problems are equal lines. */
function recordOf({ problem, right, samples }: MinedProblem): Readonly<Record<string, unknown>> {
  const { id, prompt, answer, metadata = {} } = problem;
  const [low, high] = binomialInterval(right, samples);
  const others = Object.entries(metadata).filter(([field]) => field !== passRateField);
  return {
    id,
    prompt,
    answer,
    [passRateField]: right / samples,
    pass_rate_low: low,
    pass_rate_high: high,
    samples,
    ...(others.length > 0 && { metadata: Object.fromEntries(others) }),
  };
}
