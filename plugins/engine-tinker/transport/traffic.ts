/** What one phase of the work cost on the wire so far. */
export interface PhaseTraffic {
  /** Attempts, polls for results included. */
  readonly requests: number;
  /** Those that repeat one that did not succeed. */
  readonly repetitions: number;
  /** Bytes of bodies. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Seconds in which at least one request waited for its turn to be sent. */
  readonly queueSeconds: number;
  /** Seconds in which at least one was being sent and acknowledged. */
  readonly sendSeconds: number;
  /** Seconds in which at least one waited for its result: the server's queue, its computing, and the way back. */
  readonly waitSeconds: number;
}

export type Period = 'queue' | 'send' | 'wait';

/** Counts traffic by phase, such as `policy.forward`. */
export class Traffic {
  private readonly phases = new Map<string, PhaseCounters>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  countAttempt(phase: string, isRepetition: boolean, bytes: number): void {
    const counters = this.of(phase);
    counters.requests++;
    if (isRepetition) counters.repetitions++;
    counters.bytesSent += bytes;
  }

  countAnswer(phase: string, bytes: number): void {
    this.of(phase).bytesReceived += bytes;
  }

  /** Runs `work` as a part of a period of a phase; what overlaps counts once. */
  async during<T>(phase: string, period: Period, work: () => Promise<T>): Promise<T> {
    const clock = this.of(phase).clocks[period];
    clock.enter(this.now());
    try {
      return await work();
    } finally {
      clock.leave(this.now());
    }
  }

  snapshot(): Readonly<Record<string, PhaseTraffic>> {
    const now = this.now();
    return Object.fromEntries(
      [...this.phases].map(([phase, { requests, repetitions, bytesSent, bytesReceived, clocks }]) => [
        phase,
        {
          requests,
          repetitions,
          bytesSent,
          bytesReceived,
          queueSeconds: clocks.queue.seconds(now),
          sendSeconds: clocks.send.seconds(now),
          waitSeconds: clocks.wait.seconds(now),
        },
      ]),
    );
  }

  private of(phase: string): PhaseCounters {
    const counters = this.phases.get(phase) ?? new PhaseCounters();
    this.phases.set(phase, counters);
    return counters;
  }
}

class PhaseCounters {
  requests = 0;
  repetitions = 0;
  bytesSent = 0;
  bytesReceived = 0;
  readonly clocks: Readonly<Record<Period, Clock>> = { queue: new Clock(), send: new Clock(), wait: new Clock() };
}

/** The time in which at least one is in. */
class Clock {
  private inside = 0;
  private since = 0;
  private total = 0;

  enter(now: number): void {
    if (this.inside++ === 0) this.since = now;
  }

  leave(now: number): void {
    if (--this.inside === 0) this.total += now - this.since;
  }

  seconds(now: number): number {
    return (this.total + (this.inside > 0 ? now - this.since : 0)) / 1000;
  }
}
