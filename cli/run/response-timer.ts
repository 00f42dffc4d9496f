import type { FromRun } from './messages.js';

/** How long the terminal process waits for the run process, in seconds. */
export interface ResponseTimeouts {
  /** From its start until it listens: modules are loaded. */
  readonly ready: number;
  /** From the request until the run folder is locked: plugins of the user are loaded, settings checked. */
  readonly started: number;
  /** Between two signs of progress: messages, or a count of what got done. That it is alive is not enough. */
  readonly silence: number;
}

/** Seconds more than `guards.workSeconds`: the run process names a plugin that does not get on more exactly. */
export const silenceMargin = 30;

export const defaultTimeouts: ResponseTimeouts = { ready: 120, started: 300, silence: 900 };

/** Seconds between two reminders of what the run still does after it was asked to stop. */
const reminderInterval = 30;

export interface ResponseTimer {
  /** Must be called with every message of the run process. */
  onMessage(message: FromRun): void;
  /** The run process is in this call of a plugin, and has been for a while. */
  onBusy(call: string): void;
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
 * Checks that the run process gets on. Counts ticks of a second instead of reading the clock, so that the time
 * in which the machine sleeps does not count.
 */
export function startResponseTimer({ timeouts, onTimeout, onReminder }: ResponseTimerOptions): ResponseTimer {
  const phases = new Map<number, string>();
  let stage: keyof ResponseTimeouts = 'ready';
  let waited = 0;
  let stopping: number | undefined;
  let progress: number | undefined;
  let busy: string | undefined;
  const currentPhase = () => [...phases.values()].at(-1) ?? 'loading';
  const expected: Readonly<Record<keyof ResponseTimeouts, () => string>> = {
    ready: () => 'it to start',
    started: () => 'it to load the plugins and lock the run folder',
    silence: () => `a message during: ${currentPhase()}${busy === undefined ? '' : `, in ${busy}`}`,
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
      if (message.kind === 'alive' && message.progress === progress) return;
      if (message.kind === 'alive') ({ progress } = message);
      waited = 0;
      busy = undefined;
      if (message.kind === 'ready') stage = 'started';
      else if (message.kind === 'started') stage = 'silence';
      else if (message.kind === 'phase-start') phases.set(message.id, message.name);
      else if (message.kind === 'phase-end') phases.delete(message.id);
    },
    onBusy: (call) => {
      busy = call;
    },
    stopRequested: () => {
      stopping ??= 0;
    },
    cancel: () => {
      clearInterval(timer);
    },
  };
}
