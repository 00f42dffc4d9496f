import colors from 'picocolors';
import type { FromRun } from '../run/messages.js';
import { printable } from './format.js';
import { createLiveRunView, type LiveViewOptions } from './live-run-view.js';
import { metricsLines } from './metrics-line.js';
import { createPlainScreen } from './plain-screen.js';
import { isLive, type Screen, type ScreenPhase } from './screen.js';

/** Shows a run while it runs. */
export interface RunView {
  readonly onMessage: (message: FromRun) => void;
  /** A line (or several) that stays. */
  line(text: string): void;
  /** Says that the run was asked to end. */
  stopping(): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** A live view on a terminal; lines in a file, a pipe, or a terminal that cannot be drawn on. */
export function createRunView(options: LiveViewOptions): RunView {
  return isLive(options.output)
    ? createLiveRunView(options)
    : createPlainRunView(createPlainScreen(options.output), options.iterations);
}

/** Every event as a line. */
export function createPlainRunView(screen: Screen, iterations: number): RunView {
  const phases = new Map<number, ScreenPhase>();
  return {
    line: screen.line,
    stopping: () => {
      screen.line(colors.yellow('Finishing the step and saving; press Ctrl-C again to end at once.'));
    },
    close: screen.close,
    onMessage: (message) => {
      if (message.kind === 'phase-start')
        phases.set(message.id, screen.phase(message.name, message.total, message.unit));
      else if (message.kind === 'phase-progress') phases.get(message.id)?.progress(message.done);
      else if (message.kind === 'phase-end') {
        phases.get(message.id)?.end();
        phases.delete(message.id);
      } else if (message.kind === 'log')
        screen.line(message.level === 'warn' ? colors.yellow(printable(message.message)) : printable(message.message));
      else if (message.kind === 'metrics')
        metricsLines(message.metrics, iterations).forEach((line) => {
          screen.line(line);
        });
      else if (message.kind === 'started') screen.line(`Run folder: ${message.runDir}`);
    },
  };
}
