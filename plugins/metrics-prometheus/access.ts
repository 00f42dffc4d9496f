import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Environment variable with the key that a request must carry, as `Authorization: Bearer KEY`. */
export const keyVariable = 'ORZ_PROMETHEUS_KEY';
export const shortestKey = 16;

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** The parts of a request that decide whether it is answered. */
export interface RequestSummary {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header `Sec-Fetch-Site`. */
  readonly fetchSite: string | undefined;
  readonly authorization: string | undefined;
}

/** Why a request is refused. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/**
 * Why a request must not be answered; undefined if it may be. Pages of other sites get nothing, also those whose domain
 * resolves to this machine: without a key, the `Host` header must be an address or a name of this machine.
 */
export function refusalOf(request: RequestSummary, listensOn: string, key: string | undefined): Refusal | undefined {
  const { method, path, origin, fetchSite } = request;
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, reason: 'only GET and HEAD are supported' };
  if (origin !== undefined || (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none'))
    return { status: 403, reason: 'a page of another site asked for this' };
  if (key !== undefined && !isSame(request.authorization, `Bearer ${key}`))
    return { status: 401, reason: 'the key is missing or wrong' };
  if (key === undefined && !isOwnName(request.host ?? '', listensOn))
    return { status: 403, reason: 'the Host header names no address of this machine' };
  if (path !== '/metrics') return { status: 404, reason: 'the metrics are at /metrics' };
  return undefined;
}

function isOwnName(host: string, listensOn: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  // Unlike a name, an address cannot be made to resolve to another machine.
  return isIP(name) !== 0 || ['localhost', listensOn.toLowerCase(), hostname().toLowerCase()].includes(name);
}

/** Compares digests, so that the time it takes tells nothing of the key. */
function isSame(given: string | undefined, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}
