import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** What a request says about itself, header names in lower case. */
export interface RequestFacts {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** Methods that the server knows; reading only unless it says more. */
  readonly methods?: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

const reading = ['GET', 'HEAD'];

/**
 * Whether a request may be answered; the reason if not. A server knows some methods, and answers no page but its own:
 * - The name in the `Host` header must be an address or a name of this machine. A page of a stranger that lets its own name point at this
 *   machine (DNS rebinding) still sends its own name.
 * - A browser says where a request comes from; one that comes from another site gets nothing but the start page, which a link may open.
 */
export function refusalOf(
  { method, host, origin, fetchSite, methods = reading }: RequestFacts,
  path: string,
  bound: string,
): Refusal | undefined {
  if (!methods.includes(method))
    return { status: 405, reason: `this server knows the methods ${methods.join(' and ')}` };
  const name = host === undefined ? undefined : hostName(host);
  if (name === undefined || !isOwnName(name, bound))
    return { status: 403, reason: 'the Host header names no address of this machine' };
  const foreign =
    (origin !== undefined && hostOf(origin) !== host) ||
    (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none');
  if (foreign && path !== '/') return { status: 403, reason: 'a page of another site asked for this' };
  return undefined;
}

/** A Host header without its port, lower case; undefined if it is malformed. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** An address cannot be made to point elsewhere, so each is ours if it reached us. */
function isOwnName(name: string, bound: string): boolean {
  return isIP(name) !== 0 || name === 'localhost' || name === bound.toLowerCase() || name === hostname().toLowerCase();
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
