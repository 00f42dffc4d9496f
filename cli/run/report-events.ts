import type { PhaseHandle, RunEvents } from '../../core/contracts/run-events.js';
import type { FromRun } from './messages.js';

/** The messages that the events of a run become. */
export type EventMessage = Extract<FromRun, { kind: 'log' | 'phase-start' | 'phase-progress' | 'phase-end' }>;

/** Readers need no finer progress than this, and a fast loop must not flood the pipe. */
const progressIntervalMs = 50;

/**
 * The events of a run as messages. Progress of one phase is sent at most every 50 ms, and always when it is complete.
 */
export function createReportingEvents(
  send: (message: EventMessage) => void,
  now: () => number = () => performance.now(),
): RunEvents {
  let phases = 0;
  return {
    log: (level, message) => {
      send({ kind: 'log', level, message });
    },
    phase: (name, total, unit): PhaseHandle => {
      const id = phases++;
      let sent = now();
      send({ kind: 'phase-start', id, name, total, unit });
      return {
        progress: (done) => {
          if (done < total && now() - sent < progressIntervalMs) return;
          sent = now();
          send({ kind: 'phase-progress', id, done });
        },
        end: () => {
          send({ kind: 'phase-end', id });
        },
      };
    },
  };
}
