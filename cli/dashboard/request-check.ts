import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** The parts of a request that decide whether it may be answered. */
export interface RequestSummary {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header `Sec-Fetch-Site`. */
  readonly fetchSite: string | undefined;
  /** The methods that the server supports; {@link readMethods} if absent. */
  readonly methods?: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** What a server that only reads answers. */
export const readMethods: readonly string[] = ['GET', 'HEAD'];

/**
 * Why a request must not be answered; undefined if it may be. A server knows some methods, and serves no pages but its
 * own:
 * - The `Host` header must contain an address or a name of this machine. A malicious page whose domain resolves to this
 *   machine (DNS rebinding) still sends its own domain.
 * - A browser says where a request comes from; one from another site gets nothing but the start page, which a link may
 *   open.
 */
export function checkRequest(
  { method, host, origin, fetchSite, methods = readMethods }: RequestSummary,
  path: string,
  listensOn: string,
): Refusal | undefined {
  if (!methods.includes(method))
    return { status: 405, reason: `this server supports the methods ${methods.join(' and ')}` };
  const name = host === undefined ? undefined : hostName(host);
  if (name === undefined || !isOwnName(name, listensOn))
    return { status: 403, reason: 'the Host header names no address of this machine' };
  const isForeign =
    (origin !== undefined && hostOf(origin) !== host) ||
    (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none');
  if (isForeign && path !== '/') return { status: 403, reason: 'a page of another site asked for this' };
  return undefined;
}

/** A Host header without its port, lower case; undefined if it is malformed. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Unlike a name, an address cannot be made to resolve to another machine, so any address that reached us is ours. */
function isOwnName(name: string, listensOn: string): boolean {
  const ownNames = ['localhost', listensOn.toLowerCase(), hostname().toLowerCase()];
  return isIP(name) !== 0 || ownNames.includes(name);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
