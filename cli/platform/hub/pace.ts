import type { HubLimits } from './target.js';

/** Data arrives, but too slowly. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/**
 * Watches how fast an answer arrives. Only the time spent waiting for the hub counts, not what is done here with its
 * data.
 */
export class Pace {
  /** Since the window began: milliseconds of waiting, and bytes that came. */
  private waited = 0;
  private bytes = 0;
  private total = 0;

  /** `answerMs` limits the wait for all of the answer. */
  constructor(
    private readonly limits: HubLimits,
    private readonly answerMs = Infinity,
  ) {}

  /** Counts a piece and how long it was waited for. Throws {@link TooSlow}. */
  count(bytes: number, waitedMs: number): void {
    const { minBytesPerSecond, rateWindowMs } = this.limits;
    this.bytes += bytes;
    this.waited += waitedMs;
    this.total += waitedMs;
    if (this.total > this.answerMs) throw new TooSlow(`its answer takes more than ${this.answerMs / 1000} s`);
    if (this.waited < rateWindowMs) return;
    if (this.bytes < (minBytesPerSecond * this.waited) / 1000)
      throw new TooSlow(`it sent fewer than ${minBytesPerSecond} bytes a second for ${rateWindowMs / 1000} s`);
    this.bytes = 0;
    this.waited = 0;
  }
}
