import type { RandomStream } from '../../../core/random.js';
import { secondsUntil, wait } from '../../platform/hub/request.js';
import type { ServerAddress } from './address.js';
import type { ApiKey } from './api-key.js';
import { redirected, refused, shortened, unreachable, type Asked } from './errors.js';
import { exchange, type ExchangeRequest, type Outcome } from './exchange.js';
import { saidIn } from './replies.js';
import { Traffic, type FailureKind } from './traffic.js';

/** How often and after which pauses a request is repeated; milliseconds. */
export interface Patience {
  readonly attempts: number;
  /** The pause before the first repetition, doubled for each further one, and its limit. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** The longest pause that a server may ask for. */
  readonly maxAskedPauseMs: number;
}

/** A server that starts again has about two minutes. */
export const defaultPatience: Patience = {
  attempts: 9,
  firstPauseMs: 500,
  maxPauseMs: 30_000,
  maxAskedPauseMs: 120_000,
};

export interface ConnectionOptions {
  readonly address: ServerAddress;
  readonly key: ApiKey | undefined;
  readonly patience: Patience;
  /** Spreads the pauses, so that requests that failed together do not come back together. */
  readonly jitter: RandomStream;
  /** Told in words of the first repetition for each reason: without it, a server that is gone looks like a slow one. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface Call<T> {
  readonly path: string;
  /** A POST with this JSON; absent: a GET. */
  readonly body?: object;
  /** The request in words, for errors. */
  readonly what: string;
  readonly model?: string;
  /** Models of the server, for the error of one that it does not have. */
  readonly models?: readonly string[];
  /** Key of the jitter. */
  readonly id: readonly [number, number];
  readonly limits: Pick<ExchangeRequest, 'deadlineMs' | 'maxBytes'>;
  readonly signal: AbortSignal;
  /** What the answer says, or `problem` where it is not what the API says. */
  readonly read: (text: string) => T | { readonly problem: string };
}

/**
 * Milliseconds before attempt `attempt + 1`: doubled each time, of which `spread` (0 to 1) takes up to a half; longer
 * if the server asks for it, up to a limit.
 */
export function pauseMs(patience: Patience, attempt: number, spread: number, askedMs: number): number {
  const longest = Math.min(patience.maxPauseMs, patience.firstPauseMs * 2 ** (attempt - 1));
  return Math.max(longest * (1 - spread / 2), Math.min(askedMs, patience.maxAskedPauseMs));
}

type Attempted<T> = { readonly value: T } | Failed;

interface Failed {
  readonly failure: FailureKind;
  readonly reason: string;
  /** Milliseconds that the server wants to be left alone. */
  readonly askedMs?: number;
  readonly cause?: unknown;
}

/**
 * Sends requests to one server of the OpenAI API and repeats what fails for a time: no connection, a broken or
 * unreadable answer, none in time, and the statuses 408, 425, 429 and 5xx. No redirect is followed, so the key goes to
 * no other host, and it is in no error.
 */
export class ServerConnection {
  readonly traffic = new Traffic();

  constructor(private readonly options: ConnectionOptions) {}

  /**
   * The first good answer. Throws ORZ_SERVER for a refusal or a redirect, ORZ_SERVER_UNREACHABLE when all attempts
   * failed, and the reason of the signal.
   */
  async call<T extends object>(call: Call<T>): Promise<T> {
    const { patience, jitter } = this.options;
    for (let attempt = 1; ; attempt++) {
      const attempted = await this.attempt(call);
      if ('value' in attempted) {
        this.traffic.countSuccess();
        return attempted.value;
      }
      const { failure, reason, cause, askedMs = 0 } = attempted;
      if (attempt >= patience.attempts) throw unreachable(this.asked(call), attempt, reason, cause);
      if (this.traffic.countRepetition(failure) === 1) this.tellOf(reason);
      const spread = jitter.uniform(...call.id, attempt);
      await wait(pauseMs(patience, attempt, spread, askedMs), call.signal);
    }
  }

  private async attempt<T extends object>(call: Call<T>): Promise<Attempted<T>> {
    this.traffic.countRequest();
    const { path, body, limits, signal, read } = call;
    const outcome = await exchange(`${this.options.address.base}/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: this.headers(body !== undefined),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      ...limits,
    });
    if (outcome.kind === 'failure') return outcome;
    if (outcome.status < 200 || outcome.status > 299) return this.failed(call, outcome);
    const value = read(outcome.text);
    return 'problem' in value ? { failure: 'unreadable', reason: this.withoutKey(value.problem) } : { value };
  }

  /** An answer that is no success: to be repeated, or final. */
  private failed<T>(call: Call<T>, { status, headers, text }: Extract<Outcome, { kind: 'answer' }>): Failed {
    const location = this.withoutKey(headers.location ?? 'no address');
    if (status >= 300 && status < 400) throw redirected(this.asked(call), location);
    const said = this.withoutKey(saidIn(text));
    if (!isTemporary(status)) throw refused(this.asked(call), status, said, status === 404 ? call.models : []);
    const seconds = headers['retry-after'] === undefined ? undefined : secondsUntil(headers['retry-after']);
    return {
      failure: `status ${status}`,
      reason: `it answers ${status} ${said}`,
      ...(seconds !== undefined && { askedMs: seconds * 1000 }),
    };
  }

  private headers(hasBody: boolean): Record<string, string> {
    const { key } = this.options;
    return {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'open-reasoner-zero',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(key !== undefined && { authorization: `Bearer ${key.value}` }),
    };
  }

  private tellOf(reason: string): void {
    const { address, patience, onTrouble } = this.options;
    onTrouble?.(`${address.base}: ${shortened(reason)}; each request is repeated up to ${patience.attempts - 1} times`);
  }

  /** The words of a server, which may repeat the key. */
  private withoutKey(text: string): string {
    const { key } = this.options;
    return key === undefined ? text : text.replaceAll(key.value, '[API key]');
  }

  private asked({ what, model }: Pick<Call<unknown>, 'what' | 'model'>): Asked {
    const { address, key } = this.options;
    return { url: address.base, what, model, keyVariable: key?.variable };
  }
}

const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
