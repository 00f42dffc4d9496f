import { drawBar, type Bar } from './bar.js';
import type { Output, Screen } from './contracts.js';
import { createPainter } from './painter.js';

export const redrawMs = 100;

/** Bars of the running phases below the permanent lines; redrawn even if nothing is reported, for the clock. */
export function createLiveScreen(output: Output, now: () => number = () => performance.now()): Screen {
  const bars = new Set<Bar>();
  const painter = createPainter(output);
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    painter.paint([...bars].map((bar) => drawBar(bar, now(), (output.columns ?? 80) - 1)));
  };
  return {
    line: painter.line,
    close: () => {
      clearInterval(timer);
      timer = undefined;
      bars.clear();
      painter.close();
    },
    phase: (name, total, unit) => {
      const bar: Bar = { name, total, unit, started: now(), done: 0 };
      bars.add(bar);
      timer ??= setInterval(draw, redrawMs);
      return {
        progress: (done, note) => {
          bar.done = done;
          bar.note = note;
        },
        end: () => {
          bars.delete(bar);
        },
      };
    },
  };
}
