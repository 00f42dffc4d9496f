import { isProtobuf } from './reply.js';
import { withSignal } from './signals.js';

export interface AttemptRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds after which it is given up. */
  readonly limitMs: number;
}

export type Outcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly isProtobuf: boolean;
      readonly bytes: Uint8Array;
      readonly location: string | null;
      /** Milliseconds that the server wants to be left alone; 0 if it says nothing. */
      readonly retryAfterMs: number;
      /** Whether to try again, if the server says so itself (`x-should-retry`). */
      readonly shouldRetry: boolean | undefined;
    }
  /** Nothing, or not all, in time. */
  | { readonly kind: 'late' }
  | { readonly kind: 'broken'; readonly cause: unknown };

class Late extends Error {}

/** One request and the whole of its answer. Throws only the reason of the signal. */
export async function attempt(url: string, request: AttemptRequest): Promise<Outcome> {
  const { method, headers, body, signal, limitMs } = request;
  return withSignal([signal], async (combined, abort) => {
    const timer = setTimeout(() => {
      abort(new Late());
    }, limitMs);
    try {
      const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal: combined });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return answerOf(response, bytes);
    } catch (cause) {
      signal?.throwIfAborted();
      return combined.reason instanceof Late ? { kind: 'late' } : { kind: 'broken', cause };
    } finally {
      clearTimeout(timer);
    }
  });
}

function answerOf({ status, headers }: Response, bytes: Uint8Array): Outcome {
  const shouldRetry = headers.get('x-should-retry');
  return {
    kind: 'answer',
    status,
    isProtobuf: isProtobuf(headers.get('content-type')),
    bytes,
    location: headers.get('location'),
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
    shouldRetry: shouldRetry === null ? undefined : shouldRetry === 'true',
  };
}

/** Seconds, or a date. */
function retryAfterMs(text: string | null): number {
  if (text === null) return 0;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** Why there was no answer, in words; causes of `fetch` hold neither headers nor body. */
export function reasonOf(outcome: Outcome): string {
  if (outcome.kind === 'late') return 'no answer in time';
  if (outcome.kind === 'answer') return `it answers ${outcome.status} ${new TextDecoder().decode(outcome.bytes)}`;
  const { cause } = outcome;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message || (inner as NodeJS.ErrnoException).code || inner.name : String(inner);
}
