import { Refusal } from '../reward-server/refusal.js';

const maxWaiting = 10_000;

/**
 * Releases the requests of one model in the order of their sequence numbers, which count from 1 (0 if the first request
 * has it): a client sends them in parallel, and they arrive in any order. A number that never comes holds the others up
 * only so long.
 */
export class RequestOrder {
  private next: number | undefined;
  private readonly waiting = new Map<number, () => void>();
  private timer: NodeJS.Timeout | undefined;

  /** `onGap` is told which number was given up after `patienceMs` without any request coming. */
  constructor(
    private readonly patienceMs: number,
    private readonly onGap: (missing: number) => void,
  ) {}

  /**
   * Calls `release` when all with a lower number were released or given up; at once without a number. Throws a
   * {@link Refusal} for a number that was given up.
   */
  add(sequence: number | undefined, release: () => void): void {
    if (sequence === undefined) {
      release();
      return;
    }
    this.next ??= Math.min(sequence, 1);
    if (sequence < this.next)
      throw new Refusal(400, `request ${sequence} came too late: ${this.next - 1} has been executed`, 'seq_id');
    if (this.waiting.size >= maxWaiting)
      throw new Refusal(429, `${maxWaiting} requests wait already for request ${this.next}`, undefined, {
        'retry-after': '1',
      });
    this.waiting.set(sequence, release);
    this.advance();
  }

  /** A request with this number was refused; those behind it need not wait for it. */
  skip(sequence: number | undefined): void {
    const next = this.next ?? 1;
    if (sequence !== undefined && sequence >= next && !this.waiting.has(sequence)) this.add(sequence, () => undefined);
  }

  /** Releases all that wait, whatever is missing: they find that the model is gone. */
  close(): void {
    clearTimeout(this.timer);
    for (const release of this.waiting.values()) release();
    this.waiting.clear();
  }

  private advance(): void {
    clearTimeout(this.timer);
    if (this.next === undefined) return;
    for (let release = this.waiting.get(this.next); release !== undefined; release = this.waiting.get(this.next)) {
      this.waiting.delete(this.next++);
      release();
    }
    if (this.waiting.size > 0) this.timer = setTimeout(() => this.giveUp(), this.patienceMs);
  }

  private giveUp(): void {
    const first = Math.min(...this.waiting.keys());
    this.onGap(this.next ?? first);
    this.next = first;
    this.advance();
  }
}
