import { createHash } from 'node:crypto';
import { Refusal } from '../reward-server/refusal.js';

/** How many requests are remembered per client; the oldest are forgotten. */
const maxRemembered = 100_000;

interface Remembered<T> {
  readonly digest: string;
  readonly reply: T;
}

/** Replies to requests by their number, so that one that is sent again is not executed again. */
export class Repeats<T> {
  private readonly seen = new Map<string, Remembered<T>>();

  /**
   * The reply to the first request with this number, or else what `answer` gives. Throws a {@link Refusal} if that was
   * another request. Without a number, every request is new.
   */
  once(number: number | string | undefined, digest: () => string, answer: () => T): T {
    if (number === undefined) return answer();
    const key = String(number);
    const found = this.seen.get(key);
    const own = digest();
    if (found?.digest === own) return found.reply;
    if (found !== undefined)
      throw new Refusal(409, `the sequence number ${key} was used by another request before`, 'seq_id');
    const reply = answer();
    this.seen.set(key, { digest: own, reply });
    for (const oldest of this.seen.keys()) {
      if (this.seen.size <= maxRemembered) break;
      this.seen.delete(oldest);
    }
    return reply;
  }
}

/** A digest of a request: of JSON, or of bytes. */
export function digestOf(kind: string, parts: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256').update(kind);
  for (const part of parts) hash.update(`\n${part.length}\n`).update(part);
  return hash.digest('base64');
}
