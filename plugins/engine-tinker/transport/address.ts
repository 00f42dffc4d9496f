import { badAddress } from './errors.js';

/** The address of a server without a slash at its end. Throws ORZ_CONFIG_INVALID for what is none, or holds secrets. */
export function serverAddress(text: string): string {
  if (!URL.canParse(text)) throw badAddress(text, 'is none');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw badAddress(url.host, 'must not hold a name or a password');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw badAddress(text, 'must begin with http or https');
  if (url.search !== '' || url.hash !== '') throw badAddress(text, 'must end after its path');
  if (/\/api\/v1\/?$/.test(url.pathname)) throw badAddress(text, 'must be given without /api/v1');
  return url.href.replace(/\/+$/, '');
}
