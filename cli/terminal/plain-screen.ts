import type { Output, Screen } from './contracts.js';
import { formatDuration, formatNumber } from './format.js';

/** A log must not be swamped by progress: at most one line of it per interval. */
const intervalMs = 10_000;
/** A phase that took at least this long gets a line at its end. */
const worthMs = 2_000;

/** Lines only, for files, pipes and continuous integration, each with the local time at which it was written. */
export function createPlainScreen(
  output: Output,
  now: () => number = () => performance.now(),
  clock: () => Date = () => new Date(),
): Screen {
  let lastProgress = now();
  let day = clock().toDateString();
  const line = (text: string) => {
    const time = clock();
    const lines = text.split('\n');
    // A log of several days must say where each begins.
    if (time.toDateString() !== day) lines.unshift(localTimestamp(time));
    day = time.toDateString();
    const hours = time.toTimeString().slice(0, 8);
    output.write(lines.map((each) => (each === '' ? `${hours}\n` : `${hours} ${each}\n`)).join(''));
  };
  return {
    line,
    close: () => undefined,
    phase: (name, total, unit) => {
      const started = now();
      let done = 0;
      return {
        progress: (count, note) => {
          done = Math.floor(count);
          if (now() - lastProgress < intervalMs) return;
          lastProgress = now();
          const said = note === undefined ? '' : `, ${note}`;
          const time = formatDuration(now() - started);
          line(`${name}: ${formatNumber(done)} of ${formatNumber(total)} ${unit}${said}, ${time}`);
        },
        end: () => {
          if (now() - started < worthMs) return;
          lastProgress = now();
          line(`${name}: ${formatNumber(done)} ${unit} in ${formatDuration(now() - started)}`);
        },
      };
    },
  };
}

/** Date and time in ISO 8601 with the offset of the local time zone: `2026-11-30T06:01:37+01:00`. */
export function localTimestamp(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const local = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
