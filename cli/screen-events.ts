import type { RunEvents } from '../core/contracts/run-events.js';
import { withOwnCommand } from './invocation.js';
import { printable } from './terminal/format.js';
import type { Screen } from './terminal/contracts.js';

/** What parts report while a command works, drawn on its screen. */
export const screenEvents = (screen: Screen): RunEvents => ({
  phase: (name, total, unit) => screen.phase(name, total, unit),
  log: (_, message) => {
    screen.line(printable(withOwnCommand(message)));
  },
});
