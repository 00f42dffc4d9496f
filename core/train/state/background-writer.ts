/** Does one write at a time in the background. An error is thrown by the next call, so that none is lost. */
export class BackgroundWriter {
  private running?: Promise<{ readonly error?: unknown }>;

  /** Whether a write was begun and not yet settled. */
  get pending(): boolean {
    return this.running !== undefined;
  }

  /** Starts work once the previous work has ended; rejects if that failed. */
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
