import { badAddress } from './errors.js';

/** Where the requests go. */
export interface ServerAddress {
  /** Without a slash at its end; paths such as `chat/completions` follow. */
  readonly base: string;
  /** Whether what is sent there can be read on no network. */
  readonly isProtected: boolean;
}

/**
 * The address as clients of the OpenAI API take it: with the path before `/chat/completions`. An address without a path
 * gets `/v1`, where all servers have the API. Throws ORZ_USAGE for what is no address, or holds a secret.
 */
export function serverAddress(text: string): ServerAddress {
  if (!URL.canParse(text)) throw badAddress(text, 'is none');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw badAddress(url.host, 'must not hold a name or a password');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw badAddress(text, 'must begin with http or https');
  // A query may hold a key, so it is not shown.
  if (url.search !== '' || url.hash !== '') throw badAddress(url.origin, 'must end after its path');
  if (/\/completions\/*$/.test(url.pathname)) throw badAddress(text, 'must end before the name of the request');
  const path = url.pathname.replace(/\/+$/, '');
  return {
    base: `${url.origin}${path === '' ? '/v1' : path}`,
    isProtected: url.protocol === 'https:' || isLoopback(url.hostname),
  };
}

/** Hosts as `URL` writes them: every spelling of 127.0.0.1 is written that way. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
