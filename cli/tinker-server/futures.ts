import { randomInt } from 'node:crypto';
import type { HttpAnswer } from '../dashboard/web-server.js';
import { Refusal } from '../reward-server/refusal.js';
import { failed, json, type Outcome } from './outcome.js';

export interface FutureLimits {
  /** How long a client is kept waiting for a result before it has to ask again. */
  readonly holdMs: number;
  /** How long a result is kept after it was fetched, for a client that lost it. */
  readonly keepFetchedMs: number;
  /** How long a result is kept that nobody fetches. */
  readonly keepMs: number;
  /** Memory that results may take; the oldest are dropped beyond. */
  readonly maxBytes: number;
}

interface Future {
  readonly settled: Promise<Outcome>;
  outcome?: Outcome;
  /** When it may be dropped, in milliseconds of the clock. */
  dropAt: number;
}

/** Results that clients fetch by the id of their request. */
export class Futures {
  /** In the order in which they were opened. */
  private readonly futures = new Map<number, Future>();
  /** Differs from server to server, so that no client fetches a result of an earlier one. */
  private readonly first = randomInt(2 ** 40) * 2 ** 10;
  private next = this.first;
  private bytes = 0;
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    private readonly limits: FutureLimits,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.sweeper = setInterval(() => {
      this.sweep();
    }, limits.keepFetchedMs).unref();
  }

  /** Takes charge of the result; whatever it fails with becomes an outcome, which `onFailure` is told. */
  open(work: Promise<Outcome>, onFailure: (error: unknown) => void): string {
    const id = this.next++;
    const settled = work.catch((error: unknown) => {
      onFailure(error);
      return failed(error);
    });
    const future: Future = { settled, dropAt: Infinity };
    this.futures.set(id, future);
    void settled.then((outcome) => {
      future.outcome = outcome;
      future.dropAt = this.now() + this.limits.keepMs;
      this.bytes += outcome.bytes;
      this.dropOldest();
    });
    return String(id);
  }

  /** The result, or 408 when it is still pending. Throws a {@link Refusal} for an id that is unknown or dropped. */
  async retrieve(id: string, wantsProtobuf: boolean): Promise<HttpAnswer> {
    const future = this.find(id);
    const outcome = future.outcome ?? (await this.wait(future));
    if (outcome === undefined) return pending(id);
    future.dropAt = Math.min(future.dropAt, this.now() + this.limits.keepFetchedMs);
    return outcome.answer(wantsProtobuf);
  }

  close(): void {
    clearInterval(this.sweeper);
  }

  private find(id: string): Future {
    const number = /^\d{1,16}$/.test(id) ? Number(id) : NaN;
    const future = this.futures.get(number);
    if (future !== undefined) return future;
    if (number >= this.first && number < this.next)
      throw new Refusal(410, `the result of request ${id} was dropped: it is kept only so long`, 'request_id');
    throw new Refusal(404, `there is no request ${id}`, 'request_id');
  }

  private async wait({ settled }: Future): Promise<Outcome | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, this.limits.holdMs, undefined);
    });
    try {
      return await Promise.race([settled, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private sweep(): void {
    const now = this.now();
    for (const [id, { dropAt }] of this.futures) if (dropAt <= now) this.drop(id);
  }

  private dropOldest(): void {
    if (this.bytes <= this.limits.maxBytes) return;
    for (const [id, { outcome }] of this.futures) {
      if (this.bytes <= this.limits.maxBytes) return;
      if (outcome !== undefined) this.drop(id);
    }
  }

  private drop(id: number): void {
    this.bytes -= this.futures.get(id)?.outcome?.bytes ?? 0;
    this.futures.delete(id);
  }
}

/** SDKs ask again at once; the fields are those of a reply `try_again`. */
const pending = (id: string): HttpAnswer =>
  json(
    { type: 'try_again', request_id: id, queue_state: 'active', detail: 'the result is not there yet: ask again' },
    408,
  );
