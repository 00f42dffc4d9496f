import colors from 'picocolors';
import { formatDuration, formatNumber } from './format.js';
import { displayWidth, padWidth } from './width.js';

/** The progress of a running phase. */
export interface Bar {
  readonly name: string;
  readonly total: number;
  readonly unit: string;
  /** Milliseconds on the clock of the caller. */
  readonly started: number;
  done: number;
}

const barWidth = 24;
const nameWidth = 24;

/** One phase as a line of text; without the bar itself where that does not fit into `columns`. */
export function drawBar(bar: Bar, time: number, columns: number): string {
  const share = bar.total > 0 ? Math.min(1, bar.done / bar.total) : 0;
  const elapsed = time - bar.started;
  const filled = Math.round(share * barWidth);
  const head = padWidth(bar.name, nameWidth);
  const count = `${formatNumber(Math.floor(bar.done))}/${formatNumber(bar.total)} ${bar.unit}`;
  const tail = `${count}  ${formatDuration(elapsed)}${timeLeft(share, elapsed)}`;
  if (displayWidth(head) + barWidth + tail.length + 3 > columns) return `${bar.name} ${tail}`;
  return `${head} ${colors.cyan('━'.repeat(filled))}${colors.dim('━'.repeat(barWidth - filled))}  ${tail}`;
}

/** The remaining time, once enough is done to estimate it. */
function timeLeft(share: number, elapsedMs: number): string {
  if (share <= 0.02 || share >= 1 || elapsedMs <= 2000) return '';
  return `, ${formatDuration((elapsedMs / share) * (1 - share))} left`;
}
