import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../commands/serving.js';
import { keyNeeded, remoteNotAllowed, shortestKey } from './errors.js';
import { Refusal } from './refusal.js';

/** Throws ORZ_USAGE for an address that other machines reach, unless that is meant and a key protects it. */
export function checkHost(host: string, { isRemoteAllowed, key, keyVariable }: HostRules): void {
  if (isLoopback(host)) return;
  if (!isRemoteAllowed) throw remoteNotAllowed(host, keyVariable);
  if (key === undefined || key.length < shortestKey) throw keyNeeded(host, key !== undefined, keyVariable);
}

export interface HostRules {
  readonly isRemoteAllowed: boolean;
  readonly key: string | undefined;
  /** The environment variable that holds the key, for messages. */
  readonly keyVariable: string;
}

/**
 * Throws a {@link Refusal} unless the request carries the key: `Authorization: Bearer KEY`, or the key as the password
 * of an address such as `http://:KEY@host:4682/get_reward`, which is how a client without headers of its own sends it.
 */
export function checkKey(authorization: string | undefined, key: string | undefined): void {
  if (key === undefined || isSame(keyOf(authorization), key)) return;
  throw new Refusal(401, 'the key is missing or wrong', 'authorization', { 'www-authenticate': 'Bearer' });
}

function keyOf(authorization = ''): string {
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1);
}

/** Compares digests, so that the time it takes tells nothing of the key. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
