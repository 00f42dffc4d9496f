import { setTimeout } from 'node:timers/promises';
import { isOrzError } from '../../core/errors.js';
import type { WebServer } from '../dashboard/web-server.js';
import { badPort } from './errors.js';

/** Where commands serve pages unless --host says otherwise: reachable from this machine only. */
export const loopback = '127.0.0.1';

/**
 * Starts a server on the port that --port names; without it on the default port, so that a bookmark works, or on any
 * free one if that is taken.
 */
export async function startOn(
  flag: string | undefined,
  defaultPort: number,
  start: (port: number) => Promise<WebServer>,
): Promise<WebServer> {
  if (flag !== undefined) return start(parsePort(flag));
  return start(defaultPort).catch((error: unknown) => {
    if (isOrzError(error) && error.details.value === 'EADDRINUSE') return start(0);
    throw error;
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw badPort(text);
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** Resolves at Ctrl-C, or another signal that asks the process to stop. */
export async function interrupted(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      stop.abort();
    });
  // Listening alone keeps the process alive only while the server does; the timer always does.
  await setTimeout(2 ** 31 - 1, undefined, { signal: stop.signal }).catch(() => undefined);
}
