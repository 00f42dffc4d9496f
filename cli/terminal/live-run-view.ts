import colors from 'picocolors';
import type { FromRun } from '../run/messages.js';
import { printable } from './format.js';
import { listenToKeys, type KeyInput } from './keys.js';
import { redrawMs } from './live-screen.js';
import { metricsLines } from './metrics-line.js';
import { createPainter } from './painter.js';
import { runFrame, type Panel } from './run-frame.js';
import { applyMessage, openState } from './run-state.js';
import type { RunView } from './run-view.js';
import type { Output } from './screen.js';

export interface LiveViewOptions {
  readonly preset: string;
  readonly iterations: number;
  readonly output: Output;
  readonly input: KeyInput;
  /** Called for `q` and for Ctrl-C, which a terminal that hands over single keys no longer turns into a signal. */
  readonly onStop: () => void;
  readonly now?: () => number;
}

/** The view of a run on a terminal: a block that is drawn over again, below one line per iteration. */
export function createLiveRunView({
  preset,
  iterations,
  output,
  input,
  onStop,
  now = () => performance.now(),
}: LiveViewOptions): RunView {
  const state = openState(preset, iterations, now());
  const painter = createPainter(output);
  let panel: Panel = 'none';
  const draw = () => {
    painter.paint(runFrame(state, { columns: output.columns ?? 80, time: now(), panel }));
  };
  const toggle = (wanted: Panel) => {
    panel = panel === wanted ? 'none' : wanted;
    draw();
  };
  const keys: Readonly<Record<string, () => void>> = {
    s: () => {
      toggle('samples');
    },
    '?': () => {
      toggle('help');
    },
    h: () => {
      toggle('help');
    },
    q: onStop,
    '\u0003': onStop,
    '\u001a': () => {
      suspend();
    },
  };
  const listen = () =>
    listenToKeys(input, (key) => {
      keys[key]?.();
    });
  let release = listen();
  let timer = setInterval(draw, redrawMs);
  const leave = () => {
    clearInterval(timer);
    release();
    painter.close();
  };
  const enter = () => {
    release = listen();
    timer = setInterval(draw, redrawMs);
  };
  /** Ctrl-Z: the shell gets its terminal back, and the view comes back with it. */
  const suspend = () => {
    leave();
    process.once('SIGCONT', enter);
    process.kill(process.pid, 'SIGTSTP');
  };
  // Whatever ends the process, also an error nobody caught: the cursor is shown and the keyboard works again.
  process.on('exit', leave);
  return {
    line: painter.line,
    stopping: () => {
      state.stopping = true;
      draw();
    },
    close: () => {
      process.off('exit', leave);
      process.off('SIGCONT', enter);
      leave();
    },
    onMessage: (message: FromRun) => {
      applyMessage(state, message, now());
      if (message.kind === 'metrics')
        metricsLines(message.metrics, iterations).forEach((line) => {
          painter.line(line);
        });
      else if (message.kind === 'log')
        painter.line(message.level === 'warn' ? colors.yellow(printable(message.message)) : printable(message.message));
    },
  };
}
