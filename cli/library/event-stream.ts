/** Events for any number of loops, until they end. */
export class EventStream<T> implements AsyncIterable<T> {
  private readonly readers = new Set<Reader<T>>();
  private ended = false;

  push(event: T): void {
    for (const reader of this.readers) reader.push(event);
  }

  end(): void {
    this.ended = true;
    for (const reader of this.readers) reader.end();
  }

  /** The events from now on; a loop that is slower than they come finds them waiting. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    const reader = new Reader<T>(() => this.readers.delete(reader));
    if (this.ended) reader.end();
    else this.readers.add(reader);
    return reader;
  }
}

/** What one loop has not read yet. */
class Reader<T> implements AsyncIterator<T, undefined> {
  private readonly waiting: T[] = [];
  private readonly steps: ((result: IteratorResult<T, undefined>) => void)[] = [];
  private ended = false;

  constructor(private readonly leave: () => void) {}

  push(event: T): void {
    const step = this.steps.shift();
    if (step) step({ done: false, value: event });
    else this.waiting.push(event);
  }

  end(): void {
    this.ended = true;
    this.leave();
    for (const step of this.steps.splice(0)) step({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const [event] = this.waiting.splice(0, 1);
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.steps.push(resolve);
    });
  }

  /** The loop was left. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
