import { shareEstimate } from '../../../core/evaluation/intervals.js';
import { createRandom } from '../../../core/random.js';
import { passAtK } from '../../../core/recipe/pass-at-k.js';
import { type Design, drawCounts, type Population, truthOf } from './populations.js';

/** Synthetic data sets of each cell; the standard error of a coverage of 95 % is 0.5 points. */
export const dataSets = 2000;

export const random = createRandom(1);

export interface Coverage {
  readonly truth: number;
  /** Share of data sets whose interval holds the truth. */
  readonly covered: number;
}

/** Coverage of the interval of mean@k, or of pass@k for a smaller k. */
export function coverageOf(population: Population, design: Design, k?: number): Coverage {
  const { questions, samples } = design;
  const truth = truthOf(population, (chance) => (k === undefined ? chance : 1 - (1 - chance) ** k));
  const stream = random.stream(`coverage of ${population.name}`);
  let covered = 0;
  for (let set = 0; set < dataSets; set++) {
    const counts = drawCounts(stream, population, set, design);
    const shares = counts.map((right) => (k === undefined ? right / samples : passAtK(samples, right, k)));
    const [low, high] = shareEstimate(shares, (questions * samples) / (k ?? 1)).interval ?? [NaN, NaN];
    if (low <= truth && truth <= high) covered++;
  }
  return { truth, covered: covered / dataSets };
}

/**
 * Fewer than three questions' worth of right, or of wrong, responses are expected: most data sets then hold too few to
 * bound them from both sides, and the interval errs to the wide side.
 */
export const isCorner = ({ truth }: Coverage, { questions }: Design): boolean =>
  questions * Math.min(truth, 1 - truth) < 3;
