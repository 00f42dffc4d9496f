import type { Metrics } from '../../../core/contracts/metric-sink.js';

/** One number per record; null where the metric is absent or not a number. */
export type Column = (number | null)[];

/** The metrics of a run by column. The parts of a metric are named `metric/part`. */
export interface RunSeries {
  readonly iterations: number[];
  /** Seconds of work up to the end of each iteration. */
  readonly elapsed: number[];
  readonly columns: Map<string, Column>;
}

export const emptySeries = (): RunSeries => ({ iterations: [], elapsed: [], columns: new Map() });

/** Name of the metric that downsampled records carry for `elapsed`, which can no longer be summed there. */
export const elapsedName = 'elapsed';

/** Adds records to `series`, in place. Records without an iteration (notes of other tools) are skipped. */
export function appendRecords(series: RunSeries, records: readonly Metrics[]): void {
  for (const record of records) {
    if (typeof record['iteration'] !== 'number') continue;
    const row = series.iterations.push(record['iteration']) - 1;
    for (const [name, value] of numbersOf(record)) {
      let column = series.columns.get(name);
      if (column === undefined) series.columns.set(name, (column = new Array<number | null>(row).fill(null)));
      column.push(value);
    }
    for (const column of series.columns.values()) if (column.length === row) column.push(null);
    const summed = (series.elapsed.at(-1) ?? 0) + (series.columns.get('seconds/total')?.[row] ?? 0);
    const elapsed = record[elapsedName];
    series.elapsed.push(typeof elapsed === 'number' ? elapsed : summed);
  }
}

function numbersOf(record: Metrics): [string, number | null][] {
  return Object.entries(record).flatMap(([name, value]): [string, number | null][] => {
    if (name === 'iteration' || name === elapsedName || typeof value === 'string') return [];
    if (typeof value !== 'object' || value === null) return [[name, finite(value)]];
    return Object.entries(value).map(([part, x]) => [`${name}/${part}`, finite(x)]);
  });
}

/** A value that is not a finite number leaves a gap, as in JSON, which has no others. */
export const finite = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/**
 * Exponential moving average without bias at its start: the values themselves for `weight` 0, smoother towards 1. Gaps
 * stay gaps and do not count.
 */
export function smooth(values: readonly (number | null)[], weight: number): Column {
  let [sum, mass] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    [sum, mass] = [weight * sum + (1 - weight) * value, weight * mass + (1 - weight)];
    return sum / mass;
  });
}

/** For a logarithmic axis, which has only positive values. */
export const positive = (values: readonly (number | null)[]): Column =>
  values.map((value) => (value !== null && value > 0 ? value : null));

/** Several curves, each with its own x, on one common, ascending x; null where a curve has no point. */
export function align(curves: readonly { readonly x: readonly number[]; readonly y: readonly (number | null)[] }[]): {
  readonly x: number[];
  readonly ys: Column[];
} {
  const x = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  const ys = curves.map((curve) => {
    const yOf = new Map(curve.x.map((value, i) => [value, curve.y[i] ?? null]));
    return x.map((value) => yOf.get(value) ?? null);
  });
  return { x, ys };
}
