import { EventEmitter, on } from 'node:events';

/** Events for a callback and for any number of loops, until they end. */
export class EventStream<T> implements AsyncIterable<T> {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private ended = false;

  push(event: T): void {
    this.emitter.emit('event', event);
  }

  end(): void {
    this.ended = true;
    this.emitter.emit('end');
  }

  /** The events from now on; a loop that is slower than they come finds them waiting. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    // Listening begins here and not with the first step, so that nothing between the two is lost.
    const source = this.ended ? undefined : on(this.emitter, 'event', { close: ['end'] });
    return each(source as AsyncIterable<[T]> | undefined);
  }
}

async function* each<T>(source: AsyncIterable<[T]> | undefined): AsyncGenerator<T> {
  if (source !== undefined) for await (const [event] of source) yield event;
}
