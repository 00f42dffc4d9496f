import { setTimeout as sleep } from 'node:timers/promises';
import type { OrzError } from '../../../core/errors.js';
import { atEndpoint, isOfHub } from './endpoint.js';
import { invalidAnswer, refused, unreachable } from './errors.js';
import { Pace } from './pace.js';
import type { HubTarget } from './target.js';

export interface HubRequest extends HubTarget {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Attempts when no answer comes at all; answers that ask to come back later get {@link maxAttempts}. */
  readonly connectAttempts: number;
  /**
   * A page of the API comes from the endpoint, whatever redirects name, and all of it within this time; a file may come
   * from wherever the hub keeps it.
   */
  readonly page?: { readonly withinMs: number };
}

/** Attempts of a request that the hub answers with 408, 429 or 5xx. */
export const maxAttempts = 5;
const maxRedirects = 8;
const redirects = [301, 302, 303, 307, 308];

/**
 * A GET that succeeds or throws: ORZ_HUB when the hub refuses, ORZ_HUB_UNREACHABLE when it cannot be reached or keeps
 * failing. Every wait is bounded, also while the body is read; a body that stalls errors with {@link IdleTimeout}, one
 * that trickles with `TooSlow`.
 */
export async function getFromHub(url: string, request: HubRequest): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const result = await follow(url, request);
    if (result instanceof Response && result.ok) return result;
    await wait(
      result instanceof Response
        ? await delayAfterAnswer(result, request, attempt)
        : delayAfterFailure(result.failure, request, attempt),
      request.signal,
    );
  }
}

/** Milliseconds until the next attempt after an answer that was no success; throws if there is to be none. */
async function delayAfterAnswer(response: Response, request: HubRequest, attempt: number): Promise<number> {
  await response.body?.cancel();
  if (!isTemporary(response.status)) throw refused(request, response);
  if (attempt >= maxAttempts) throw unreachable(request, `it answers ${response.status} again and again`);
  return retryDelay(request, attempt, response.headers.get('retry-after'));
}

/** The same after a connection that failed. */
function delayAfterFailure(failure: unknown, request: HubRequest, attempt: number): number {
  if (attempt >= request.connectAttempts) throw unreachable(request, reasonOf(failure), failure);
  return retryDelay(request, attempt);
}

const isTemporary = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** No data arrived for too long. */
export class IdleTimeout extends Error {
  override readonly name = 'IdleTimeout';
}

/** One attempt through all redirects; a connection that fails is returned, a server that breaks the protocol throws. */
async function follow(start: string, request: HubRequest): Promise<Response | { readonly failure: unknown }> {
  let url = new URL(start);
  const asked = new Set<string>();
  for (let hops = 0; hops <= maxRedirects; hops++) {
    let response: Response;
    asked.add(url.href);
    try {
      response = await fetchWithTimeout(url, request);
    } catch (failure) {
      request.signal?.throwIfAborted();
      return { failure };
    }
    const location = redirects.includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    url = redirected(url, location, { request, asked });
  }
  throw invalidAnswer(request, {
    message: 'The hub redirects in circles',
    found: start,
    allowed: `at most ${maxRedirects} redirects`,
  });
}

/** A request, and the addresses that it was sent to so far. */
interface Redirected {
  readonly request: HubRequest;
  readonly asked: ReadonlySet<string>;
}

function redirected(from: URL, location: string, { request, asked }: Redirected): URL {
  if (!URL.canParse(location, from.href))
    throw invalidAnswer(request, {
      message: 'The hub redirects to no address',
      found: location,
      allowed: 'a web address',
    });
  const to = atHome(new URL(location, from.href), { request, asked });
  if (to.protocol === 'https:' || to.protocol === from.protocol) return to;
  throw invalidAnswer(request, {
    message: 'The hub redirects to an unprotected address',
    found: to.origin,
    allowed: 'https',
  });
}

/**
 * Pages of the hub are asked for at the endpoint, and so are its files; but a mirror that sends us elsewhere for a file
 * that we just asked it for does not hold it.
 */
function atHome(to: URL, { request: { settings, page }, asked }: Redirected): URL {
  if (page === undefined && !isOfHub(to)) return to;
  const mapped = atEndpoint(to, settings.endpoint);
  return page === undefined && asked.has(mapped.href) ? to : mapped;
}

function headersFor(url: URL, { settings, headers }: HubRequest): Record<string, string> {
  // The token goes to the endpoint alone: files usually come from another host.
  const mayHaveToken = url.origin === new URL(settings.endpoint).origin;
  return {
    ...headers,
    ...(settings.token !== undefined && mayHaveToken && { authorization: `Bearer ${settings.token}` }),
    'accept-encoding': 'identity',
    'user-agent': 'open-reasoner-zero',
  };
}

/** fetch without redirects. The time without data is limited, before the answer and within it, and so is its rate. */
async function fetchWithTimeout(url: URL, request: HubRequest): Promise<Response> {
  const { idleTimeoutMs } = request.settings.limits;
  const idle = new AbortController();
  const limited = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      idle.abort(new IdleTimeout(`no answer within ${idleTimeoutMs / 1000} s`));
    }, idleTimeoutMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  };
  const signal = request.signal === undefined ? idle.signal : AbortSignal.any([request.signal, idle.signal]);
  const response = await limited(fetch(url, { headers: headersFor(url, request), redirect: 'manual', signal }));
  if (response.body === null) return response;
  const pace = new Pace(request.settings.limits, request.page?.withinMs);
  const read = async (reader: ByteReader): ReturnType<ByteReader['read']> => {
    const asked = performance.now();
    const piece = await limited(reader.read());
    if (!piece.done) pace.count(piece.value.length, performance.now() - asked);
    return piece;
  };
  return new Response(watched(response.body as ReadableStream<Uint8Array>, read), response);
}

type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

/** The same bytes, each piece read by `read`; what it throws ends the connection. */
function watched(
  body: ReadableStream<Uint8Array>,
  read: (reader: ByteReader) => ReturnType<ByteReader['read']>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await read(reader);
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return new ReadableStream(
    {
      pull: (controller) =>
        pull(controller).catch(async (error: unknown) => {
          // Already closed where the connection failed.
          await reader.cancel(error).catch(() => undefined);
          throw error;
        }),
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Milliseconds before attempt `attempt + 1`; what the hub asks for wins, unless it asks for too much. */
export function retryDelay(target: HubTarget, attempt: number, retryAfter: string | null = null): number {
  const { limits, token } = target.settings;
  const own = Math.min(limits.retryDelayMs * 2 ** (attempt - 1), limits.maxRetryDelayMs);
  const asked = retryAfter === null ? undefined : secondsUntil(retryAfter);
  if (asked === undefined) return own;
  if (asked * 1000 <= limits.maxRetryDelayMs) return Math.max(asked * 1000, own);
  const hint = token === undefined ? '; with HF_TOKEN set, more are allowed' : '';
  throw unreachable(target, `it asks to come back in ${Math.ceil(asked)} s (too many requests${hint})`);
}

/** `Retry-After` is a number of seconds or a date; undefined for anything else. */
export function secondsUntil(text: string): number | undefined {
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** Waits, or throws the reason of an abort. */
export async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
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
