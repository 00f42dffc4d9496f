import colors from 'picocolors';
import type { RunView, Screen, ScreenPhase } from './contracts.js';
import { logLine, stoppingText } from './log-line.js';
import { metricsLines } from './metrics-line.js';
import { wholeRun } from './run-state.js';

/** Shows a run as lines alone, one per event. */
export function createPlainRunView(screen: Screen, iterations: number): RunView {
  const phases = new Map<number, ScreenPhase>();
  return {
    line: screen.line,
    stopping: () => {
      screen.line(colors.yellow(stoppingText));
    },
    close: screen.close,
    onMessage: (message) => {
      switch (message.kind) {
        case 'started':
          screen.line(`Run folder: ${message.runDir}`);
          break;
        case 'phase-start':
          if (message.name === wholeRun) break; // Each iteration has a line that says how far the run is.
          phases.set(message.id, screen.phase(message.name, message.total, message.unit));
          break;
        case 'phase-progress':
          phases.get(message.id)?.progress(message.done);
          break;
        case 'phase-end':
          phases.get(message.id)?.end();
          phases.delete(message.id);
          break;
        case 'log':
          screen.line(logLine(message));
          break;
        case 'metrics':
          for (const line of metricsLines(message.metrics, iterations)) screen.line(line);
          break;
        default: // Only the live view shows the device, samples and what came before.
      }
    },
  };
}
