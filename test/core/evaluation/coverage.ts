import { shareEstimate } from '../../../core/evaluation/intervals.js';
import { pairedDifference } from '../../../core/evaluation/paired-difference.js';
import { createRandom } from '../../../core/random.js';
import { passAtK } from '../../../core/recipe/pass-at-k.js';
import { binomial, type Design, drawChance, drawCounts, type Population, truthOf } from './populations.js';

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

/** Coverage of the paired difference of two models on the same questions; `better` is the second one's chance. */
export function pairedCoverage(population: Population, design: Design, better: (chance: number) => number): number {
  const truth = truthOf(population, (chance) => better(chance) - chance);
  const stream = random.stream(`pairs of ${population.name}`);
  let covered = 0;
  for (let set = 0; set < dataSets; set++) {
    const pairs = Array.from({ length: design.questions }, (_, question) => {
      const chance = drawChance(population, stream.uniform(set, question, 0));
      return [chance, better(chance)].map(
        (each, model) => binomial(design.samples, each, stream.uniform(set, question, 1 + model)) / design.samples,
      );
    });
    const [first, second] = [pairs.map(([a = 0]) => a), pairs.map(([, b = 0]) => b)];
    const { interval } = pairedDifference(second, first);
    // Without an interval nothing is claimed.
    if (interval === null || (interval[0] <= truth && truth <= interval[1])) covered++;
  }
  return covered / dataSets;
}
