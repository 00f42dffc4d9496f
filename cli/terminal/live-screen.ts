import colors from 'picocolors';
import { formatDuration, formatNumber } from './format.js';
import type { Output, Screen } from './screen.js';

interface Bar { readonly name: string; readonly total: number; readonly unit: string; readonly started: number; done: number }

const redrawMs = 100;
const barWidth = 24;
const nameWidth = 24;
const showCursor = '\u001b[?25h';
const hideCursor = '\u001b[?25l';

/** Bars of the running phases below the lines that stay. Redrawn at most ten times a second, also when nothing is reported, so that the clock moves. */
export function createLiveScreen(output: Output, now: () => number = () => performance.now()): Screen {
  const bars = new Set<Bar>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const erase = () => {
    if (drawn > 0) output.write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const draw = () => {
    const lines = [...bars].map((bar) => `${drawBar(bar, now(), output.columns ?? 80)}\n`);
    const up = drawn > 0 ? `\u001b[${drawn}A` : hideCursor;
    output.write(`${up}${lines.map((line) => `\u001b[2K${line}`).join('')}\u001b[J`);
    drawn = lines.length;
  };
  const close = () => {
    clearInterval(timer);
    timer = undefined;
    bars.clear();
    erase();
    output.write(showCursor);
  };
  return {
    close,
    line: (text) => {
      erase();
      output.write(`${text}\n`);
      if (bars.size > 0) draw();
    },
    phase: (name, total, unit) => {
      const bar: Bar = { name, total, unit, started: now(), done: 0 };
      bars.add(bar);
      timer ??= setInterval(draw, redrawMs);
      return { progress: (done) => { bar.done = done; }, end: () => { bars.delete(bar); } };
    },
  };
}

/** One bar as text that fits into `columns`. */
function drawBar(bar: Bar, time: number, columns: number): string {
  const share = bar.total > 0 ? Math.min(1, bar.done / bar.total) : 0;
  const elapsed = time - bar.started;
  const filled = Math.round(share * barWidth);
  const left = share > 0.02 && elapsed > 2000 ? `, ${formatDuration((elapsed / share) * (1 - share))} left` : '';
  const head = bar.name.padEnd(nameWidth).slice(0, nameWidth);
  const tail = `${formatNumber(Math.floor(bar.done))}/${formatNumber(bar.total)} ${bar.unit}  ${formatDuration(elapsed)}${left}`;
  if (head.length + barWidth + tail.length + 3 > columns) return `${head} ${tail}`.slice(0, Math.max(1, columns - 1));
  return `${head} ${colors.cyan('━'.repeat(filled))}${colors.dim('━'.repeat(barWidth - filled))}  ${tail}`;
}
