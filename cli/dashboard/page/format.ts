import type { RunInfo } from '../shared/data.js';
import type { RunSeries } from '../shared/series.js';

/** A number in few characters: 0.1234, 12.3, 4.56k, 1.2e-5; with at least `digits` significant ones, if it has them. */
export function formatNumber(value: number, digits = 0): string {
  const size = Math.abs(value);
  const trimmed = (scaled: number, minDigits: number): string =>
    String(Number(scaled.toPrecision(Math.max(minDigits, digits))));
  if (size === 0) return '0';
  if (size >= 1e12 || size < 1e-3) return value.toExponential(Math.max(1, digits - 1)).replace('e+', 'e');
  for (const [unit, scale] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (size >= scale) return `${trimmed(value / scale, 3)}${unit}`;
  return trimmed(value, size < 1 ? 3 : 4);
}

/** Hours, minutes and seconds: 1:02:03 or 2:03. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The progress of a run, in a few words. */
export function describeProgress({ iterations, elapsed }: RunSeries, info: RunInfo): string {
  const done = iterations.at(-1);
  if (done === undefined || done === 0) return 'no iteration is complete yet';
  const total = info.iterations === undefined ? '' : ` of ${info.iterations}`;
  return `iteration ${done}${total} after ${formatDuration(elapsed.at(-1) ?? 0)}`;
}
