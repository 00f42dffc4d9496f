/** The metrics of one part of a request, and how many data it had. */
export interface PartMetrics {
  readonly metrics: Readonly<Record<string, number>>;
  readonly count: number;
}

/** How values of the parts become one, by what follows the colon in the name of a metric. */
const reductions: Readonly<Record<string, (values: readonly number[], counts: readonly number[]) => number>> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: weightedMean,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  slack: (values, counts) => Math.max(...values) - weightedMean(values, counts),
  last: (values) => values.at(-1) ?? NaN,
};

/**
 * Metrics of all parts, in the order of the parts: those that all of them have, by the reduction in their name, as the
 * SDK does it (`combine_fwd_bwd_output_results`). Of several parts, what cannot be reduced is left out.
 */
export function mergedMetrics(parts: readonly PartMetrics[]): Readonly<Record<string, number>> {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first?.metrics ?? {};
  const counts = parts.map(({ count }) => count);
  const merged: Record<string, number> = {};
  for (const name of Object.keys(first.metrics)) {
    const reduce = reductions[name.slice(name.lastIndexOf(':') + 1)];
    const values = parts.flatMap(({ metrics }) => metrics[name] ?? []);
    if (reduce !== undefined && values.length === parts.length) merged[name] = reduce(values, counts);
  }
  return merged;
}

function weightedMean(values: readonly number[], counts: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  return values.reduce((sum, value, i) => sum + value * (counts[i] ?? 0), 0) / total;
}
