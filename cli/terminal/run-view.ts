import colors from 'picocolors';
import type { FromRun } from '../run/messages.js';
import { printable } from './format.js';
import { metricsLines } from './metrics-line.js';
import type { Screen, ScreenPhase } from './screen.js';

/** Shows what the run process reports. */
export function createRunView(screen: Screen, iterations: number): (message: FromRun) => void {
  const phases = new Map<number, ScreenPhase>();
  return (message) => {
    if (message.kind === 'phase-start') phases.set(message.id, screen.phase(message.name, message.total, message.unit));
    else if (message.kind === 'phase-progress') phases.get(message.id)?.progress(message.done);
    else if (message.kind === 'phase-end') {
      phases.get(message.id)?.end();
      phases.delete(message.id);
    } else if (message.kind === 'log') screen.line(message.level === 'warn' ? colors.yellow(printable(message.message)) : printable(message.message));
    else if (message.kind === 'metrics') metricsLines(message.metrics, iterations).forEach((line) => { screen.line(line); });
    else if (message.kind === 'started') screen.line(`Run folder: ${message.runDir}`);
  };
}
