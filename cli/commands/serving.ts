import { setTimeout } from 'node:timers/promises';
import { OrzError } from '../../core/errors.js';
import type { WebServer } from '../dashboard/web-server.js';

/** Where commands serve pages unless --host says otherwise: reachable from this machine only. */
export const loopback = '127.0.0.1';

/** Starts a server on the port that --port names; without it on the usual one, so that a bookmark works, or on any other if that is taken. */
export async function startOn(
  flag: string | undefined,
  usual: number,
  start: (port: number) => Promise<WebServer>,
): Promise<WebServer> {
  if (flag !== undefined) return start(parsePort(flag));
  return start(usual).catch((error: unknown) => {
    if (error instanceof OrzError && error.details.value === 'EADDRINUSE') return start(0);
    throw error;
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new OrzError('ORZ_USAGE', '--port is no port number', {
    value: text,
    allowed: '0 (any free port) to 65535',
    origin: '--port',
    remedy: 'Leave it out to get a free port.',
  });
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** Until Ctrl-C, or whatever else asks the process to end. */
export async function interrupted(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      stop.abort();
    });
  // A timer that never ends keeps nothing else than this promise waiting.
  await setTimeout(2 ** 31 - 1, undefined, { signal: stop.signal }).catch(() => undefined);
}
