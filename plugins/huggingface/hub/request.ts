import { setTimeout as pause } from 'node:timers/promises';
import type { OrzError } from '../../../core/errors.js';
import { refusal, unreachable, untrustworthy, type Subject } from './failures.js';
import type { HubSettings } from './settings.js';

export interface HubRequest {
  readonly settings: HubSettings;
  readonly subject: Subject;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Attempts when no answer comes at all; answers that ask to come back later get {@link maxAttempts}. */
  readonly connectAttempts: number;
}

/** Attempts of a request that the hub answers with 408, 429 or 5xx. */
export const maxAttempts = 5;
const maxRedirects = 8;
const redirects = [301, 302, 303, 307, 308];

/**
 * A GET that succeeds or throws: ORZ_HUB when the hub refuses, ORZ_HUB_UNREACHABLE when it cannot be reached or keeps
 * failing. Every wait is bounded, also while the body is read; a body that falls silent errors with {@link Silence}.
 */
export async function getFromHub(url: string, request: HubRequest): Promise<Response> {
  const { settings, subject, signal } = request;
  for (let attempt = 1; ; attempt++) {
    const result = await follow(url, request);
    if (result instanceof Response) {
      if (result.ok) return result;
      await result.body?.cancel();
      if (!comesBack(result.status)) throw refusal(settings, subject, result.status, result.headers);
      if (attempt >= maxAttempts) throw unreachable(settings, subject, `it answers ${result.status} again and again`);
      await wait(delay(settings, subject, attempt, result.headers.get('retry-after')), signal);
    } else {
      if (attempt >= request.connectAttempts)
        throw unreachable(settings, subject, reasonOf(result.failure), result.failure);
      await wait(delay(settings, subject, attempt), signal);
    }
  }
}

const comesBack = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Nothing came for too long. */
export class Silence extends Error {
  override readonly name = 'Silence';
}

/** One attempt through all redirects; a connection that fails is returned, a server that breaks the rules throws. */
async function follow(
  start: string,
  { settings, subject, signal, headers }: HubRequest,
): Promise<Response | { readonly failure: unknown }> {
  const home = new URL(settings.endpoint);
  let url = new URL(start);
  for (let hops = 0; hops <= maxRedirects; hops++) {
    // The token goes to the endpoint alone: files usually come from another host.
    const authorization =
      settings.token !== undefined && url.origin === home.origin ? { authorization: `Bearer ${settings.token}` } : {};
    let response: Response;
    try {
      response = await guardedFetch(
        url,
        { ...headers, ...authorization, 'accept-encoding': 'identity', 'user-agent': 'open-reasoner-zero' },
        settings.limits.silenceMs,
        signal,
      );
    } catch (failure) {
      signal?.throwIfAborted();
      return { failure };
    }
    const location = redirects.includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, url.href))
      throw untrustworthy(settings, subject, 'The hub redirects to no address', location, 'a web address');
    const next = new URL(location, url.href);
    if (next.protocol !== 'https:' && next.protocol !== url.protocol)
      throw untrustworthy(settings, subject, 'The hub redirects to an unprotected address', next.origin, 'https');
    url = next;
  }
  throw untrustworthy(settings, subject, 'The hub redirects in circles', start, `at most ${maxRedirects} redirects`);
}

/** fetch without redirects, with a bound on silence before the answer and within its body. */
async function guardedFetch(
  url: URL,
  headers: Record<string, string>,
  silenceMs: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const silence = new AbortController();
  const bounded = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      silence.abort(new Silence(`no answer within ${silenceMs / 1000} s`));
    }, silenceMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  };
  const response = await bounded(
    fetch(url, {
      headers,
      redirect: 'manual',
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    }),
  );
  if (response.body === null) return response;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await bounded(reader.read());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: response.headers });
}

/** Milliseconds before attempt `attempt + 1`; what the hub asks for wins, unless it asks for too much. */
export function delay(
  { limits, ...settings }: HubSettings,
  subject: Subject,
  attempt: number,
  retryAfter: string | null = null,
): number {
  const usual = Math.min(limits.pauseMs * 2 ** (attempt - 1), limits.longestPauseMs);
  const asked = retryAfter === null ? undefined : secondsUntil(retryAfter);
  if (asked === undefined) return usual;
  if (asked * 1000 <= limits.longestPauseMs) return Math.max(asked * 1000, usual);
  throw unreachable(
    { limits, ...settings },
    subject,
    `it asks to come back in ${Math.ceil(asked)} s (too many requests${settings.token === undefined ? '; with HF_TOKEN set, more are allowed' : ''})`,
  );
}

/** `Retry-After` is a number of seconds or a date. */
function secondsUntil(text: string): number | undefined {
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** Waits, or throws the reason of an abort. */
export async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known (no network, or a wrong name)',
  EAI_AGAIN: 'its name cannot be looked up (no network?)',
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it broke the connection',
  UND_ERR_SOCKET: 'it broke the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  ENETUNREACH: 'there is no network',
};

/** The innermost cause that says something; fetch itself only says that it failed. */
export function reasonOf(failure: unknown): string {
  let inner = failure;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  const { code } = inner as NodeJS.ErrnoException;
  return (code === undefined ? undefined : reasons[code]) ?? (inner.message || code || inner.name);
}

/** Reads a body of at most `limit` bytes as text, so that a server cannot fill the memory. */
export async function limitedText(response: Response, limit: number, tooLong: () => OrzError): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLong();
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
