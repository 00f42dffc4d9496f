import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { reasonOf } from '../../platform/hub/request.js';
import type { FailureKind } from './traffic.js';

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds after which the attempt is given up. */
  readonly deadlineMs: number;
  /** Bytes of the answer after which it is given up. */
  readonly maxBytes: number;
}

/** One attempt: an answer of any status, or why there was none. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingMessage['headers'];
      readonly text: string;
    }
  | { readonly kind: 'failure'; readonly failure: FailureKind; readonly reason: string; readonly cause: unknown };

/** Ends an attempt: nothing, or not all, came in time. */
class Late extends Error {}

/** Ends an attempt: the answer is longer than any response can be. */
class TooLong extends Error {}

/** Milliseconds of silence after which TCP asks whether the other side is still there. */
const probeMs = 30_000;

/**
 * Sends a request over a connection of its own: on one that stays open, an answer that a server or a proxy gives too
 * late, or twice, would be taken for that of the next request. A redirect is an answer like any other. Throws only the
 * reason of the signal.
 *
 * Not `fetch`: it gives up when an answer does not begin within five minutes, and a response that is not streamed
 * begins when its last token is there.
 */
export async function exchange(url: string, options: ExchangeRequest): Promise<Outcome> {
  const { signal, deadlineMs } = options;
  signal.throwIfAborted();
  const attempt = new AbortController();
  const timer = setTimeout(() => {
    attempt.abort(new Late());
  }, deadlineMs);
  const giveUp = (): void => {
    attempt.abort(signal.reason);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await send(url, options, attempt.signal);
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(attempt.signal.aborted ? attempt.signal.reason : error, options);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

function send(url: string, options: ExchangeRequest, signal: AbortSignal): Promise<Outcome> {
  const { method, headers, body, maxBytes } = options;
  const requestTo = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = requestTo(url, { method, headers, agent: false, signal }, (response) => {
      read(response, maxBytes).then(
        (text) => resolve({ kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    // A host that vanishes without a word is noticed by the probes of TCP.
    request.on('socket', (socket) => socket.setKeepAlive(true, probeMs));
    request.on('error', reject);
    request.end(body);
  });
}

async function read(response: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    // Leaving the loop ends the connection.
    if (bytes > maxBytes) throw new TooLong();
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function failureOf(cause: unknown, { deadlineMs, maxBytes }: ExchangeRequest): Outcome {
  if (cause instanceof Late)
    return { kind: 'failure', failure: 'late', reason: `no answer within ${deadlineMs / 1000} s`, cause };
  if (cause instanceof TooLong)
    return { kind: 'failure', failure: 'unreadable', reason: `an answer of more than ${maxBytes} bytes`, cause };
  return { kind: 'failure', failure: 'connection', reason: reasonOf(cause), cause };
}
