import colors from 'picocolors';
import { formatDuration, formatNumber } from './format.js';
import { displayWidth, padWidth } from './width.js';

/** Something that is running. */
export interface Bar {
  readonly name: string;
  readonly total: number;
  readonly unit: string;
  readonly started: number;
  done: number;
}

const barWidth = 24;
const nameWidth = 24;

/** One bar as text; without the bar itself where it does not fit into `columns`. */
export function drawBar(bar: Bar, time: number, columns: number): string {
  const share = bar.total > 0 ? Math.min(1, bar.done / bar.total) : 0;
  const elapsed = time - bar.started;
  const filled = Math.round(share * barWidth);
  const left =
    share > 0.02 && share < 1 && elapsed > 2000 ? `, ${formatDuration((elapsed / share) * (1 - share))} left` : '';
  const head = padWidth(bar.name, nameWidth);
  const tail = `${formatNumber(Math.floor(bar.done))}/${formatNumber(bar.total)} ${bar.unit}  ${formatDuration(elapsed)}${left}`;
  if (displayWidth(head) + barWidth + tail.length + 3 > columns) return `${bar.name} ${tail}`;
  return `${head} ${colors.cyan('━'.repeat(filled))}${colors.dim('━'.repeat(barWidth - filled))}  ${tail}`;
}
