import { request as requestHttp, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request as requestHttps, Agent as HttpsAgent } from 'node:https';
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

/**
 * Requests to one server over connections that stay open. A redirect is an answer like any other.
 *
 * Not `fetch`: it gives up when an answer does not begin within five minutes, and a response that is not streamed
 * begins when its last token is there.
 */
export class Exchanger {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly send: typeof requestHttp;

  constructor(private readonly base: string) {
    const isHttps = base.startsWith('https:');
    // A host that vanishes without a word is noticed by the probes of TCP.
    const options = { keepAlive: true, keepAliveMsecs: 30_000 };
    this.agent = isHttps ? new HttpsAgent(options) : new HttpAgent(options);
    this.send = isHttps ? requestHttps : requestHttp;
  }

  close(): void {
    this.agent.destroy();
  }

  /** Sends to a path below the base. Throws only the reason of the signal. */
  async exchange(path: string, options: ExchangeRequest): Promise<Outcome> {
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
      return await this.attempt(`${this.base}/${path}`, options, attempt.signal);
    } catch (error) {
      signal.throwIfAborted();
      return failureOf(attempt.signal.aborted ? attempt.signal.reason : error, options);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  private attempt(url: string, options: ExchangeRequest, signal: AbortSignal): Promise<Outcome> {
    const { method, headers, body, maxBytes } = options;
    return new Promise((resolve, reject) => {
      const request = this.send(url, { method, headers, agent: this.agent, signal }, (response) => {
        read(response, maxBytes).then(
          (text) => resolve({ kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, text }),
          reject,
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }
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
