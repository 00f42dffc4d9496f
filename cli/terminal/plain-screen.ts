import { formatDuration, formatNumber } from './format.js';
import type { Output, Screen } from './screen.js';

/** A log must not be swamped by progress: one line in this time, and one at the end of a phase that took at least as long as `worthMs`. */
const intervalMs = 10_000;
const worthMs = 2_000;

/** Lines only, for files, pipes and continuous integration. */
export function createPlainScreen(output: Output, now: () => number = () => performance.now()): Screen {
  let lastProgress = now();
  const line = (text: string) => {
    output.write(`${text}\n`);
  };
  return {
    line,
    close: () => undefined,
    phase: (name, total, unit) => {
      const started = now();
      let done = 0;
      return {
        progress: (count) => {
          done = Math.floor(count);
          if (now() - lastProgress < intervalMs) return;
          lastProgress = now();
          line(`${name}: ${formatNumber(done)} of ${formatNumber(total)} ${unit}, ${formatDuration(now() - started)}`);
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
