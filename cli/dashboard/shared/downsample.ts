import type { Column, RunSeries } from './series.js';

/**
 * At most `limit` (at least 4) points of every curve. The run is cut into stretches of equal length; of each stretch every curve keeps its least
 * and its greatest value in the order they came, at the first and last iteration of the stretch. So no peak is lost, which
 * leaving out iterations would do. A series that is short enough comes back as it is.
 */
export function downsample(series: RunSeries, limit: number): RunSeries {
  const rows = series.iterations.length;
  if (rows <= limit) return series;
  const stretches = Math.floor(limit / 2);
  const starts = Array.from({ length: stretches + 1 }, (_, i) => Math.floor((i * rows) / stretches));
  const ends = <T>(values: readonly T[]): T[] =>
    starts.slice(0, -1).flatMap((start, i) => [values[start]!, values[starts[i + 1]! - 1]!]);
  const extremes = (values: Column): Column =>
    starts.slice(0, -1).flatMap((start, i) => leastAndGreatest(values.slice(start, starts[i + 1])));
  return {
    iterations: ends(series.iterations),
    elapsed: ends(series.elapsed),
    columns: new Map([...series.columns].map(([name, values]) => [name, extremes(values)])),
  };
}

/** In the order they occur; a single value stands last, and where there is none, there is a gap. */
function leastAndGreatest(values: Column): [number | null, number | null] {
  const known = values.flatMap((value, i) => (value === null ? [] : [{ value, i }]));
  if (known.length === 0) return [null, null];
  if (known.length === 1) return [null, known[0]!.value];
  const least = known.reduce((a, b) => (b.value < a.value ? b : a));
  const greatest = known.reduce((a, b) => (b.value > a.value ? b : a));
  return least.i <= greatest.i ? [least.value, greatest.value] : [greatest.value, least.value];
}
