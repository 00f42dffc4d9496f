import type { RunEvents } from '../contracts/run-events.js';
import type { Calls } from './calls.js';
import { Mismatch, wrongReport } from './errors.js';
import type { Part } from './part.js';
import { finite, oneOf, text } from './shapes.js';

/**
 * The events of the run as a plugin gets them: what it reports counts as progress, and must be texts and finite
 * numbers, because it is drawn on the terminal.
 */
export function lentEvents(events: RunEvents, part: Part, calls: Calls): RunEvents {
  const reported = <T>(check: () => T): T => {
    calls.progress();
    try {
      return check();
    } catch (error) {
      throw error instanceof Mismatch ? wrongReport(part, error) : error;
    }
  };
  return {
    log: (level, message) => {
      reported(() => events.log(oneOf(['info', 'warn'])(level, 'level'), text(message, 'message')));
    },
    phase: (name, total, unit) => {
      const phase = reported(() => events.phase(text(name, 'phase'), finite(total, 'total'), text(unit, 'unit')));
      return {
        progress: (done) => {
          reported(() => phase.progress(finite(done, 'progress')));
        },
        end: () => {
          phase.end();
        },
      };
    },
  };
}
