/** Executes one job after another: everything that computes on the device, in the order in which it was asked for. */
export class DeviceQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private count = 0;
  private readonly stop = new AbortController();

  /** Jobs that wait or are being executed. */
  get length(): number {
    return this.count;
  }

  /** Aborted when the queue is closed; for what can be stopped in the middle. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  run<T>(job: () => Promise<T>): Promise<T> {
    this.count++;
    const result = this.tail.then(() => {
      this.stop.signal.throwIfAborted();
      return job();
    });
    this.tail = result.then(
      () => this.count--,
      () => this.count--,
    );
    return result;
  }

  /** Stops the job being executed if it can be stopped, and rejects all others with `reason`. */
  async close(reason: Error): Promise<void> {
    this.stop.abort(reason);
    await this.tail;
  }
}
