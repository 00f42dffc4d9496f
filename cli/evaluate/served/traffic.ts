/**
 * Why an attempt was repeated: a status, no connection or a broken one, nothing in time, or an answer that is not what
 * the API says.
 */
export type FailureKind = `status ${number}` | 'connection' | 'late' | 'unreadable';

/** What the server was asked and how often that failed. */
export interface TrafficCounts {
  /** Attempts, repetitions included. */
  readonly requests: number;
  readonly successes: number;
  /** Failed attempts that were followed by another, by reason. */
  readonly repeated: Readonly<Record<string, number>>;
}

/** Counts the requests of one evaluation. */
export class Traffic {
  private requests = 0;
  private succeeded = 0;
  private readonly repeated = new Map<FailureKind, number>();

  get successes(): number {
    return this.succeeded;
  }

  countRequest(): void {
    this.requests++;
  }

  countSuccess(): void {
    this.succeeded++;
  }

  /** How many there are now for this reason. */
  countRepetition(kind: FailureKind): number {
    const count = (this.repeated.get(kind) ?? 0) + 1;
    this.repeated.set(kind, count);
    return count;
  }

  counts(): TrafficCounts {
    const inOrder = [...this.repeated].sort(([a], [b]) => (a < b ? -1 : 1));
    return { requests: this.requests, successes: this.succeeded, repeated: Object.fromEntries(inOrder) };
  }
}

/** In words: `214 requests to the server, 14 of them repeated (late: 5, status 429: 9)`. */
export function describeTraffic({ requests, repeated }: TrafficCounts): string {
  const reasons = Object.entries(repeated);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const list = reasons.map(([reason, count]) => `${reason}: ${count}`).join(', ');
  return `${requests} requests to the server, ` + (total === 0 ? 'none repeated' : `${total} repeated (${list})`);
}
