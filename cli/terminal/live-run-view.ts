import type { Output, RunView } from './contracts.js';
import { listenToKeys, type KeyInput } from './keys.js';
import { redrawMs } from './live-screen.js';
import { logLine } from './log-line.js';
import { metricsLines } from './metrics-line.js';
import { createPainter } from './painter.js';
import { runFrame, type Panel } from './run-frame.js';
import { applyMessage, openState } from './run-state.js';

export interface LiveViewOptions {
  /** The preset, or the name of the run folder where a run continues. */
  readonly name: string;
  readonly iterations: number;
  readonly output: Output;
  readonly input: KeyInput;
  /** Called for `q` and for Ctrl-C, which a terminal in raw mode does not turn into a signal. */
  readonly onStop: () => void;
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number;
}

/** The view of a run on a terminal: a block that is redrawn, below one permanent line per iteration. */
export function createLiveRunView(options: LiveViewOptions): RunView {
  const { name, iterations, output, input, onStop, now = () => performance.now() } = options;
  const state = openState(name, iterations, now());
  const painter = createPainter(output);
  let panel: Panel = 'none';
  const draw = () => {
    const { columns = 80, rows = 24 } = output;
    painter.paint(runFrame(state, { columns, rows, time: now(), panel }));
  };
  const toggle = (asked: Panel) => {
    panel = panel === asked ? 'none' : asked;
    draw();
  };
  const terminal = occupyTerminal({
    input,
    draw,
    close: painter.close,
    keys: {
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
      [ctrlC]: onStop,
    },
  });
  return {
    line: painter.line,
    stopping: () => {
      state.stopping = true;
      draw();
    },
    close: terminal.release,
    onMessage: (message) => {
      applyMessage(state, message, now());
      if (message.kind === 'metrics') {
        for (const line of metricsLines(message.metrics, iterations)) painter.line(line);
      } else if (message.kind === 'log') painter.line(logLine(message));
    },
  };
}

const ctrlC = '\u0003';
const ctrlZ = '\u001a';

interface Occupation {
  readonly input: KeyInput;
  /** Called every {@link redrawMs}. */
  readonly draw: () => void;
  /** Removes what was drawn. */
  readonly close: () => void;
  readonly keys: Readonly<Record<string, () => void>>;
}

/** Takes the keyboard and redraws regularly, until it is released; Ctrl-Z and the end of the process release it too. */
function occupyTerminal({ input, draw, close, keys }: Occupation): { release(): void } {
  let timer: NodeJS.Timeout;
  let releaseKeys: () => void;
  const enter = () => {
    releaseKeys = listenToKeys(input, (key) => {
      if (key === ctrlZ) suspend();
      else keys[key]?.();
    });
    timer = setInterval(draw, redrawMs);
  };
  const leave = () => {
    clearInterval(timer);
    releaseKeys();
    close();
  };
  /** Gives the shell its terminal back; the view returns when the process is resumed. */
  const suspend = () => {
    leave();
    process.once('SIGCONT', enter);
    process.kill(process.pid, 'SIGTSTP');
  };
  enter();
  // However the process terminates, by an uncaught error too, the cursor is visible and the keyboard works again.
  process.on('exit', leave);
  return {
    release: () => {
      process.off('exit', leave);
      process.off('SIGCONT', enter);
      leave();
    },
  };
}
