/** Seconds spent in each phase of an iteration, for the metrics. */
export class Timer {
  readonly seconds: Record<string, number> = {};

  constructor(private readonly now: () => number) {}

  async measure<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = this.now();
    try {
      return await work();
    } finally {
      this.seconds[phase] = (this.seconds[phase] ?? 0) + (this.now() - start) / 1000;
    }
  }
}
