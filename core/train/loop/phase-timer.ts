/** Seconds spent in each phase of an iteration, for the metrics. */
export class PhaseTimer {
  private spent: Record<string, number> = {};

  /** @param now milliseconds from a fixed point */
  constructor(private readonly now: () => number) {}

  async measure<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = this.now();
    try {
      return await work();
    } finally {
      this.spent[phase] = (this.spent[phase] ?? 0) + (this.now() - start) / 1000;
    }
  }

  /** The seconds by phase since the last call; starts the next iteration. */
  restart(): Readonly<Record<string, number>> {
    const spent = this.spent;
    this.spent = {};
    return spent;
  }
}
