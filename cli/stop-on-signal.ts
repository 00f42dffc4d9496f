import { exitCodeOfSignal } from './report-error.js';

/**
 * Aborts, with its name as the reason, at the first signal that asks the process to end; a second one ends it, after
 * `beforeEnd`, which tidies up the terminal.
 */
export function stopOnSignal(beforeEnd: () => void = () => undefined): {
  readonly signal: AbortSignal;
  dispose(): void;
} {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listener = (name: NodeJS.Signals): void => {
    if (!stop.signal.aborted) {
      stop.abort(name);
      return;
    }
    beforeEnd();
    process.exit(exitCodeOfSignal(name));
  };
  const dispose = (): void => {
    for (const name of signals) process.off(name, listener);
  };
  for (const name of signals) process.on(name, listener);
  return { signal: stop.signal, dispose };
}
