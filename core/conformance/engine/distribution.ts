import { elementAt, zip } from '../../arrays.js';
import type { SamplingSettings } from '../../contracts/sampler.js';
import { requireThat } from '../check.js';

/**
 * Probability of each token under some settings, from its log-probability at temperature 1, in float64: what a sampler
 * must draw from.
 */
export function exactDistribution(
  logprobs: readonly number[],
  { temperature, topP, topK }: Pick<SamplingSettings, 'temperature' | 'topP' | 'topK'>,
): number[] {
  const byProbability = [...logprobs.entries()].sort(([i, a], [j, b]) => b - a || i - j).map(([id]) => id);
  if (temperature === 0) return logprobs.map((_, id) => (id === byProbability[0] ? 1 : 0));
  const top = elementAt(logprobs, elementAt(byProbability, 0));
  const weights = logprobs.map((l) => Math.exp((l - top) / temperature));
  const keepOnly = (kept: ReadonlySet<number>): number[] => normalised(weights.map((w, id) => (kept.has(id) ? w : 0)));
  const mostProbable = topK === 0 ? byProbability : byProbability.slice(0, topK);
  const inTopK = keepOnly(new Set(mostProbable));
  let mass = 0;
  const nucleus = new Set<number>();
  for (const id of mostProbable) {
    if (nucleus.size === 0 || mass < topP) nucleus.add(id);
    mass += elementAt(inTopK, id);
  }
  return keepOnly(nucleus);
}

const normalised = (weights: readonly number[]): number[] => {
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
};

/** One outcome, or several rare ones together: how often it was drawn and how often it should have been. */
interface Cell {
  count: number;
  expected: number;
}

/** Expected counts below this make the chi-square statistic unreliable; such outcomes are pooled in one cell. */
const minimumExpected = 5;

/**
 * Requires that `counts` could well be drawn from `probabilities`: nothing impossible was drawn, and Pearson's
 * chi-square lies below the value that true draws exceed once in ten thousand times.
 */
export function requireFrequencies(what: string, counts: readonly number[], probabilities: readonly number[]): void {
  const total = counts.reduce((sum, n) => sum + n, 0);
  for (const [count, p, i] of zip(counts, probabilities))
    requireThat(p > 0 || count === 0, `${what}: outcome ${i} was drawn ${count} times and is impossible`);
  const cells = pooled([...zip(counts, probabilities)].map(([count, p]) => ({ count, expected: p * total })));
  const statistic = cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  const limit = chiSquareLimit(cells.length - 1);
  const found = `chi-square ${statistic.toFixed(1)} of ${total} draws in ${cells.length} cells`;
  requireThat(statistic <= limit, `${what}: ${found}, at most ${limit.toFixed(1)} expected`, counts);
}

function pooled(outcomes: readonly Cell[]): Cell[] {
  const cells = outcomes.filter(({ expected }) => expected >= minimumExpected);
  const rare: Cell = { count: 0, expected: 0 };
  for (const { count, expected } of outcomes) {
    if (expected >= minimumExpected) continue;
    rare.count += count;
    rare.expected += expected;
  }
  return rare.expected > 0 ? [...cells, rare] : cells;
}

/**
 * The 1 − 10⁻⁴ quantile of chi-square (Wilson and Hilferty's approximation); 0 degrees of freedom allow only rounding.
 */
function chiSquareLimit(degrees: number): number {
  const z = 3.719;
  return degrees === 0 ? 1e-9 : degrees * (1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))) ** 3;
}
