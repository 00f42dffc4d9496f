import type { Metrics } from '../../../core/contracts/metric-sink.js';

/** One number per record, null where it is undefined or absent. */
export type Column = (number | null)[];

/** The metrics of a run by column. Parts of a metric are named `metric/part`. */
export interface RunSeries {
  readonly iterations: number[];
  /** Seconds of work up to the end of each iteration. */
  readonly elapsed: number[];
  readonly columns: Map<string, Column>;
}

export const emptySeries = (): RunSeries => ({ iterations: [], elapsed: [], columns: new Map() });

/** In records that were thinned out, seconds up to the end of the iteration: they cannot be summed any more. */
export const elapsedName = 'elapsed';

/** Adds records to `series`, in place. Records without an iteration (notes of other tools) are passed over. */
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
    const elapsed = record[elapsedName];
    series.elapsed.push(
      typeof elapsed === 'number'
        ? elapsed
        : (series.elapsed.at(-1) ?? 0) + (series.columns.get('seconds/total')?.[row] ?? 0),
    );
  }
}

function numbersOf(record: Metrics): [string, number | null][] {
  return Object.entries(record).flatMap(([name, value]): [string, number | null][] => {
    if (name === 'iteration' || name === elapsedName || typeof value === 'string') return [];
    if (typeof value !== 'object' || value === null) return [[name, finite(value)]];
    return Object.entries(value).map(([part, x]) => [`${name}/${part}`, finite(x)]);
  });
}

/** What is no number, or none that a picture has a place for, leaves a gap; so does a file of JSON, which knows no others. */
const finite = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/**
 * Exponential moving average that starts unbiased: with `weight` 0 the values themselves, towards 1 ever smoother. Gaps stay gaps
 * and do not count.
 */
export function smooth(values: readonly (number | null)[], weight: number): Column {
  let [sum, mass] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    [sum, mass] = [weight * sum + (1 - weight) * value, weight * mass + (1 - weight)];
    return sum / mass;
  });
}

/** For a logarithmic axis: what is not positive has no place there. */
export const positive = (values: readonly (number | null)[]): Column =>
  values.map((value) => (value !== null && value > 0 ? value : null));

/** Several curves with x of their own on one common, ascending x; null where a curve has no point. */
export function align(curves: readonly { readonly x: readonly number[]; readonly y: readonly (number | null)[] }[]): {
  readonly x: number[];
  readonly ys: Column[];
} {
  const x = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, i) => [value, i]));
  const ys = curves.map((curve) => {
    const y = new Array<number | null>(x.length).fill(null);
    curve.x.forEach((value, i) => {
      y[place.get(value)!] = curve.y[i] ?? null;
    });
    return y;
  });
  return { x, ys };
}
