import { meanEstimate } from '../../../core/evaluation/intervals.js';
import { ownerOf, type Interval } from './bounds.js';
import { align, finite, type Column, type RunSeries } from './series.js';

/** The mean over the runs of an arm. */
export interface Average {
  readonly series: RunSeries;
  /** 95 % t intervals of the columns of `series`, by their names; absent where a column has none. */
  readonly bands: ReadonlyMap<string, Interval>;
}

/**
 * The mean of each metric at each iteration, over the runs that have it then. Two runs or more whose values are not all
 * equal have an interval there. The runs' own intervals, such as those over held-out problems, say nothing about seeds
 * and are left out.
 */
export function averageOf(runs: readonly RunSeries[]): Average {
  const all = new Set(runs.flatMap(({ columns }) => [...columns.keys()]));
  const names = [...all].filter((name) => ownerOf(name, (other) => all.has(other)) === undefined);
  const columns = new Map<string, Column>();
  const bands = new Map<string, Interval>();
  for (const name of names) {
    const { mean, low, high } = meanOf(runs, ({ columns }) => columns.get(name) ?? []);
    columns.set(name, mean);
    if (high.some((end) => end !== null)) bands.set(name, { low, high });
  }
  const { iterations, mean: seconds } = meanOf(runs, secondsOf);
  let total = 0;
  const elapsed = seconds.map((value) => (total += value ?? 0));
  return { series: { iterations, elapsed, columns }, bands };
}

/** Of each iteration by itself: sums up to it do not compare once some of the runs have ended. */
const secondsOf = ({ elapsed }: RunSeries): Column => elapsed.map((end, i) => end - (elapsed[i - 1] ?? 0));

/** Mean and interval of a column over the runs, at every iteration that any of them has. */
function meanOf(
  runs: readonly RunSeries[],
  columnOf: (run: RunSeries) => Column,
): { readonly iterations: number[]; readonly mean: Column; readonly low: Column; readonly high: Column } {
  const { x: iterations, ys } = align(runs.map((run) => ({ x: run.iterations, y: columnOf(run) })));
  const estimates = iterations.map((_, row) => {
    const values = ys.map((y) => y[row] ?? null).filter((value) => value !== null);
    return values.length === 0 ? undefined : meanEstimate(values);
  });
  return {
    iterations,
    mean: estimates.map((estimate) => finite(estimate?.mean)),
    low: estimates.map((estimate) => finite(estimate?.interval?.[0])),
    high: estimates.map((estimate) => finite(estimate?.interval?.[1])),
  };
}
