import colors from 'picocolors';
import type { FromRun } from '../run/messages.js';
import { printable } from './format.js';

/** A log message for a terminal: harmless, and yellow if it is a warning. */
export function logLine({ level, message }: Extract<FromRun, { kind: 'log' }>): string {
  const text = printable(message);
  return level === 'warn' ? colors.yellow(text) : text;
}

export const stoppingText = 'Finishing the step and saving; press Ctrl-C again to stop at once.';
