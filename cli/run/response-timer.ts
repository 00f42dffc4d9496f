import type { FromRun } from './messages.js';

/** How long the terminal process waits for the run process, in seconds. */
export interface ResponseTimeouts {
  /** From its start until it listens: modules are loaded. */
  readonly ready: number;
  /** From the request until the run folder is locked: plugins of the user are loaded, settings checked. */
  readonly started: number;
  /** Between two messages. It sends one every few seconds, but a single call into a tensor library can block it. */
  readonly silence: number;
}

export const defaultTimeouts: ResponseTimeouts = { ready: 120, started: 300, silence: 900 };

/** Seconds between two reminders of what the run still does after it was asked to stop. */
const reminderInterval = 30;

export interface ResponseTimer {
  /** Must be called with every message of the run process. */
  onMessage(message: FromRun): void;
  /** Begins the reminders: the user has asked the run to stop. */
  stopRequested(): void;
  cancel(): void;
}

export interface ResponseTimerOptions {
  readonly timeouts: ResponseTimeouts;
  /** Called once, with what was waited for and for how long. */
  readonly onTimeout: (waitedFor: string) => void;
  readonly onReminder: (message: string) => void;
}

/**
 * Checks that the run process keeps answering. Counts ticks of a second instead of reading the clock, so that the time
 * in which the machine sleeps does not count.
 */
export function startResponseTimer({ timeouts, onTimeout, onReminder }: ResponseTimerOptions): ResponseTimer {
  const phases = new Map<number, string>();
  let stage: keyof ResponseTimeouts = 'ready';
  let waited = 0;
  let stopping: number | undefined;
  const currentPhase = () => [...phases.values()].at(-1) ?? 'loading';
  const expected: Readonly<Record<keyof ResponseTimeouts, () => string>> = {
    ready: () => 'it to start',
    started: () => 'it to load the plugins and lock the run folder',
    silence: () => `a message during: ${currentPhase()}`,
  };
  const timer = setInterval(() => {
    if (stopping !== undefined && ++stopping % reminderInterval === 0)
      onReminder(`Still finishing: ${currentPhase()}, ${stopping} s since you asked; Ctrl-C again stops at once`);
    if (++waited < timeouts[stage]) return;
    clearInterval(timer);
    onTimeout(`${expected[stage]()} (${timeouts[stage]} s)`);
  }, 1000);
  return {
    onMessage: (message) => {
      waited = 0;
      if (message.kind === 'ready') stage = 'started';
      else if (message.kind === 'started') stage = 'silence';
      else if (message.kind === 'phase-start') phases.set(message.id, message.name);
      else if (message.kind === 'phase-end') phases.delete(message.id);
    },
    stopRequested: () => {
      stopping ??= 0;
    },
    cancel: () => {
      clearInterval(timer);
    },
  };
}
