import type { SamplingSettings } from '../../contracts/sampler.js';
import { requireThat } from '../check.js';

/** Probability of each token under some settings, from its log-probability at temperature 1, in float64: what a sampler must draw from. */
export function exactDistribution(
  logprobs: readonly number[],
  { temperature, topP, topK }: Pick<SamplingSettings, 'temperature' | 'topP' | 'topK'>,
): number[] {
  const byProbability = logprobs.map((_, id) => id).sort((a, b) => logprobs[b]! - logprobs[a]! || a - b);
  if (temperature === 0) return logprobs.map((_, id) => (id === byProbability[0] ? 1 : 0));
  const full = normalised(logprobs.map((l) => Math.exp(l / temperature)));
  let mass = 0;
  const kept = new Set<number>();
  byProbability.forEach((id, rank) => {
    if (rank === 0 || ((topK === 0 || rank < topK) && mass < topP)) kept.add(id);
    mass += full[id]!;
  });
  return normalised(full.map((p, id) => (kept.has(id) ? p : 0)));
}

const normalised = (weights: readonly number[]): number[] => {
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
};

/** Expected counts below this make the chi-square statistic unreliable; such cells are put together. */
const leastExpected = 5;

/**
 * Requires that `counts` could well be drawn from `probabilities`: nothing impossible was drawn, and Pearson's chi-square lies
 * below the value that true draws exceed once in ten thousand times.
 */
export function requireFrequencies(what: string, counts: readonly number[], probabilities: readonly number[]): void {
  const total = counts.reduce((sum, n) => sum + n, 0);
  const rare = { count: 0, expected: 0 };
  const cells: { count: number; expected: number }[] = [];
  probabilities.forEach((p, i) => {
    const count = counts[i]!,
      expected = p * total;
    requireThat(p > 0 || count === 0, `${what}: outcome ${i} was drawn ${count} times and is impossible`);
    if (expected >= leastExpected) cells.push({ count, expected });
    else {
      rare.count += count;
      rare.expected += expected;
    }
  });
  if (rare.expected > 0) cells.push(rare);
  const statistic = cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  const limit = chiSquareLimit(cells.length - 1);
  requireThat(
    statistic <= limit,
    `${what}: chi-square ${statistic.toFixed(1)} of ${total} draws in ${cells.length} cells, at most ${limit.toFixed(1)} expected`,
    counts,
  );
}

/** The 1 − 10⁻⁴ quantile of chi-square (Wilson and Hilferty's approximation); 0 degrees of freedom allow only rounding. */
function chiSquareLimit(degrees: number): number {
  const z = 3.719;
  return degrees === 0 ? 1e-9 : degrees * (1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))) ** 3;
}
