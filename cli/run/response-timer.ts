import type { FromRun } from './messages.js';

/** How long the terminal process waits for the run process, in seconds. */
export interface Deadlines {
  /** From its start until it listens: modules are loaded. */
  readonly ready: number;
  /** From the request until the run folder is taken: plugins of the user are loaded, settings checked. */
  readonly started: number;
  /** Between two signs of life. It gives one every few seconds, but a single call into a tensor library can block it. */
  readonly silence: number;
}

export const defaultDeadlines: Deadlines = { ready: 120, started: 300, silence: 900 };

/** How often the terminal is told what is waited for after it asked the run to stop, in seconds. */
const reminder = 30;

export interface Watchdog {
  /** Every message of the run process goes through here. */
  hear(message: FromRun): void;
  /** From here on the user is told now and then what the run still does. */
  stopAsked(): void;
  end(): void;
}

export interface WatchdogOptions {
  readonly deadlines: Deadlines;
  /** What was waited for and for how long; called once. */
  readonly onExpired: (waitedFor: string) => void;
  readonly onReminder: (message: string) => void;
}

/**
 * Watches that the run process answers. Counts ticks of a second instead of reading the clock: while the machine sleeps, nobody ticks and nobody is late.
 */
export function createWatchdog({ deadlines, onExpired, onReminder }: WatchdogOptions): Watchdog {
  const phases = new Map<number, string>();
  let stage: keyof Deadlines = 'ready';
  let waited = 0;
  let stopping: number | undefined;
  const doing = () => [...phases.values()].at(-1) ?? 'loading';
  const waits: Readonly<Record<keyof Deadlines, () => string>> = {
    ready: () => 'it to start',
    started: () => 'it to load the plugins and take the run folder',
    silence: () => `a sign of life during: ${doing()}`,
  };
  const timer = setInterval(() => {
    if (stopping !== undefined && ++stopping % reminder === 0)
      onReminder(`Still finishing: ${doing()}, ${stopping} s since you asked; Ctrl-C again ends at once`);
    if (++waited < deadlines[stage]) return;
    clearInterval(timer);
    onExpired(`${waits[stage]()} (${deadlines[stage]} s)`);
  }, 1000);
  return {
    hear: (message) => {
      waited = 0;
      if (message.kind === 'ready') stage = 'started';
      else if (message.kind === 'started') stage = 'silence';
      else if (message.kind === 'phase-start') phases.set(message.id, message.name);
      else if (message.kind === 'phase-end') phases.delete(message.id);
    },
    stopAsked: () => {
      stopping ??= 0;
    },
    end: () => {
      clearInterval(timer);
    },
  };
}
