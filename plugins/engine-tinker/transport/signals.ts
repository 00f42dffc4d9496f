import { setMaxListeners } from 'node:events';

/**
 * Runs `work` with a signal that follows all of `sources` and can be aborted by itself. Nothing is left on the sources
 * afterwards: they may live as long as the run.
 */
export async function withSignal<T>(
  sources: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal, abort: (reason: unknown) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // Any number of requests wait with one signal; Node warns of a leak above ten.
  setMaxListeners(0, controller.signal);
  const abort = (reason: unknown): void => {
    controller.abort(reason);
  };
  const follow = new Map<AbortSignal, () => void>();
  for (const source of sources) {
    if (source === undefined) continue;
    if (source.aborted) abort(source.reason);
    follow.set(source, () => {
      abort(source.reason);
    });
  }
  for (const [source, listener] of follow) source.addEventListener('abort', listener, { once: true });
  try {
    return await work(controller.signal, abort);
  } finally {
    for (const [source, listener] of follow) source.removeEventListener('abort', listener);
  }
}

/** Waits; rejects with the reason of the signal. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, ms);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}
