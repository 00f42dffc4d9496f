/** Writes one thing at a time beside other work. An error waits for the next call, so that none is lost. */
export class BackgroundWriter {
  private running?: Promise<{ readonly error?: unknown }>;

  /** Whether something was begun and not yet settled. */
  get pending(): boolean {
    return this.running !== undefined;
  }

  /** Starts work once what was begun before has ended; rejects if that failed. */
  async begin(work: () => Promise<void>): Promise<void> {
    await this.settle();
    this.running = work().then(
      () => ({}),
      (error: unknown) => ({ error }),
    );
  }

  /** Waits until nothing is being written. Rejects with the error of the work. */
  async settle(): Promise<void> {
    const outcome = await this.running;
    delete this.running;
    if (outcome !== undefined && 'error' in outcome) throw outcome.error;
  }
}
