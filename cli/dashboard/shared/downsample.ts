import { elementAt, lastOf } from '../../../core/arrays.js';
import { ownerOf } from './bounds.js';
import type { Column, RunSeries } from './series.js';

/**
 * At most `limit` (at least 4) points of every curve. The iterations are cut into sections of equal length; of each
 * section every curve keeps its minimum and its maximum in the order they occur, at the first and the last iteration of
 * the section. So no peak is lost, as it could be by leaving out iterations. The ends of an interval are those of the
 * values that are kept. A series that is short enough is returned as it is.
 */
export function downsample(series: RunSeries, limit: number): RunSeries {
  const rows = series.iterations.length;
  if (rows <= limit) return series;
  const count = Math.floor(limit / 2);
  const start = (section: number): number => Math.floor((section * rows) / count);
  const sections = <T>(values: readonly T[]): T[][] =>
    Array.from({ length: count }, (_, section) => values.slice(start(section), start(section + 1)));
  const ends = (values: readonly number[]): number[] =>
    sections(values).flatMap((section) => [elementAt(section, 0), lastOf(section)]);
  return {
    iterations: ends(series.iterations),
    elapsed: ends(series.elapsed),
    columns: new Map(
      [...series.columns].map(([name, values]) => {
        const owner = series.columns.get(ownerOf(name, (other) => series.columns.has(other)) ?? name) ?? values;
        const kept = sections([...owner.keys()]).flatMap((rows) => extremes(owner, rows));
        return [name, kept.map((row) => (row === null ? null : (values[row] ?? null)))];
      }),
    ),
  };
}

/** Rows of minimum and maximum in the order they occur; a single value comes second, after a gap. */
function extremes(values: Column, rows: readonly number[]): [number | null, number | null] {
  const known = rows.flatMap((row) => {
    const value = values[row] ?? null;
    return value === null ? [] : [{ value, row }];
  });
  const [first, second] = known;
  if (first === undefined) return [null, null];
  if (second === undefined) return [null, first.row];
  const minimum = known.reduce((a, b) => (b.value < a.value ? b : a));
  const maximum = known.reduce((a, b) => (b.value > a.value ? b : a));
  return minimum.row <= maximum.row ? [minimum.row, maximum.row] : [maximum.row, minimum.row];
}
