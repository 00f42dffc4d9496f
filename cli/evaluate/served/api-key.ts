import type { ServerAddress } from './address.js';
import { badKey, keyMissing, keyUnprotected } from './errors.js';

/** A key and where it came from. */
export interface ApiKey {
  readonly variable: string;
  readonly value: string;
}

/**
 * The key for the server, from the environment variable that the user names. None is taken by itself: a key that is set
 * for one host must not go to another. Throws ORZ_USAGE where there is none, where no header can hold it, and where it
 * would cross a network unprotected.
 */
export function apiKeyIn(
  variable: string,
  environment: Readonly<Record<string, string | undefined>>,
  { base, isProtected }: ServerAddress,
): ApiKey {
  const value = environment[variable];
  if (value === undefined || value === '') throw keyMissing(variable);
  if (!/^[\x21-\x7e]+$/.test(value)) throw badKey(variable);
  if (!isProtected) throw keyUnprotected(base);
  return { variable, value };
}
