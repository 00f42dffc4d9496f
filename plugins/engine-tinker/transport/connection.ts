import { protobufType } from '../../../core/tinker/protobuf.js';
import { serverAddress } from './address.js';
import { attempt, reasonOf, type Outcome } from './attempt.js';
import { redirected, unreachable, type Asked } from './errors.js';
import { defaultTimes, type TransportTimes } from './limits.js';
import { refusalOf } from './refusal.js';
import { jsonOf, type Reply } from './reply.js';
import { pause } from './signals.js';
import { Traffic } from './traffic.js';

export interface ConnectionOptions {
  readonly url: string;
  /** Sent with every request to this server, and to no other. */
  readonly key?: string | undefined;
  readonly times?: Partial<TransportTimes> | undefined;
}

export interface Call {
  /** POST if absent. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1/`. */
  readonly path: string;
  /** The request in words, for errors. */
  readonly what: string;
  /** Under what it is counted. */
  readonly phase: string;
  /** Bytes are protobuf, anything else JSON. */
  readonly body?: Uint8Array | object;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends requests to one server of the Tinker API. What fails for a time (no connection, a broken answer, 408, 425, 429,
 * 5xx) is repeated with the same bytes until it succeeds or patience ends, so a caller must send only what the server
 * may get twice. No redirect is followed, and the key is in no error.
 */
export class TinkerConnection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly times: TransportTimes;
  readonly traffic = new Traffic();
  private readonly key: string | undefined;

  /** Throws ORZ_CONFIG_INVALID for an address that is none. */
  constructor({ url, key, times }: ConnectionOptions) {
    this.url = serverAddress(url);
    this.key = key;
    this.times = { ...defaultTimes, ...times };
  }

  /** What identifies the requester, for whoever sends requests without this class. */
  get headers(): Readonly<Record<string, string>> {
    return { 'user-agent': 'open-reasoner-zero', ...(this.key !== undefined && { 'x-api-key': this.key }) };
  }

  addressOf(path: string): string {
    return `${this.url}/api/v1/${path}`;
  }

  asked({ what }: Pick<Call, 'what'>): Asked {
    return { server: this.url, what };
  }

  /** The JSON of a successful answer; throws for any other. */
  async json(call: Call): Promise<unknown> {
    const reply = await this.send(call);
    if (reply.status >= 400) throw refusalOf(this.asked(call), reply);
    return jsonOf(this.asked(call), reply);
  }

  /**
   * The first answer that is no temporary failure. Throws ORZ_SERVER_UNREACHABLE when patience ends, ORZ_SERVER for a
   * redirect, and the reason of the signal.
   */
  send(call: Call): Promise<Reply> {
    return this.repeat(call, this.times.attemptMs, finalAnswer);
  }

  /** As {@link send}, but 408 is an answer too, and `late` stands for none within the time of a poll. */
  poll(call: Call): Promise<Reply | 'late'> {
    return this.repeat<Reply | 'late'>(call, this.times.pollMs, (outcome, attempts) => {
      if (outcome.kind === 'late') return 'late';
      if (outcome.kind === 'answer' && outcome.status === 408) return { ...outcome, attempts };
      return finalAnswer(outcome, attempts);
    });
  }

  /** Sends the same bytes until `take` takes what comes of it, told how many attempts it took. */
  private async repeat<T>(
    call: Call,
    limitMs: number,
    take: (outcome: Outcome, attempts: number) => T | undefined,
  ): Promise<T> {
    const body = bytesOfBody(call.body);
    const { patienceMs, firstPauseMs, maxPauseMs } = this.times;
    const end = performance.now() + patienceMs;
    for (let attempts = 1; ; attempts++) {
      const outcome = await this.attempt(call, body, { limitMs, isRepetition: attempts > 1 });
      const taken = take(outcome, attempts);
      if (taken !== undefined) return taken;
      const ownMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (attempts - 1));
      const pauseMs = Math.max(ownMs, outcome.kind === 'answer' ? outcome.retryAfterMs : 0);
      if (performance.now() + pauseMs > end)
        throw unreachable(this.asked(call), patienceMs / 1000, reasonOf(outcome), causeOf(outcome));
      await pause(pauseMs, call.signal);
    }
  }

  private async attempt(
    call: Call,
    body: Uint8Array | undefined,
    { limitMs, isRepetition }: { readonly limitMs: number; readonly isRepetition: boolean },
  ): Promise<Outcome> {
    const { method = 'POST', path, phase, signal } = call;
    this.traffic.countAttempt(phase, isRepetition, body?.length ?? 0);
    const headers = { ...this.headers, ...contentHeaders(call.body) };
    const outcome = await attempt(this.addressOf(path), { method, headers, body, signal, limitMs });
    if (outcome.kind !== 'answer') return outcome;
    this.traffic.countAnswer(phase, outcome.bytes.length);
    if (outcome.status >= 300 && outcome.status < 400)
      throw redirected(this.asked(call), outcome.location ?? 'no address');
    return outcome;
  }
}

function finalAnswer(outcome: Outcome, attempts: number): Reply | undefined {
  if (outcome.kind !== 'answer') return undefined;
  const isFinal = outcome.status < 400 || !(outcome.shouldRetry ?? isTemporary(outcome.status));
  return isFinal ? { ...outcome, attempts } : undefined;
}

const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);

const causeOf = (outcome: Outcome): unknown => (outcome.kind === 'broken' ? outcome.cause : undefined);

function bytesOfBody(body: Uint8Array | object | undefined): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return new TextEncoder().encode(JSON.stringify(body));
}

function contentHeaders(body: Uint8Array | object | undefined): Readonly<Record<string, string>> {
  const accept = `${protobufType}, application/json`;
  if (body === undefined) return { accept };
  return { accept, 'content-type': body instanceof Uint8Array ? protobufType : 'application/json' };
}
