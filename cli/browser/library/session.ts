import type { OrzError } from '../../../core/errors.js';
import { unpackError } from '../../run/messages.js';
import { threadDied } from '../errors.js';
import type { FromWorker, Questions, RunEnd, ToWorker, TrainingEvent } from '../messages.js';
import { openThread, type Thread, type ThreadKind } from './thread.js';

/** What waits for an answer. */
interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export interface RunListener {
  readonly event: (event: TrainingEvent) => void;
  readonly end: (end: RunEnd | { readonly kind: 'died'; readonly error: OrzError }) => void;
}

/** A thread that can be asked, and told to train once. */
export class Session {
  private readonly thread: Thread;
  private readonly waiting = new Map<number, Waiting>();
  private listener: RunListener | undefined;
  private death: OrzError | undefined;
  private lastId = 0;

  constructor(kind: ThreadKind) {
    this.thread = openThread(kind, {
      receive: (message) => {
        this.receive(message);
      },
      died: (message) => {
        this.die(threadDied(message));
      },
    });
  }

  /** Rejects with the OrzError that the thread answers, or with ORZ_RUN_DIED if it ends. */
  ask<K extends keyof Questions>(kind: K, asks: Questions[K]['asks']): Promise<Questions[K]['answer']> {
    if (this.death) return Promise.reject(this.death);
    const id = ++this.lastId;
    return new Promise<Questions[K]['answer']>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.thread.post({ kind, id, ...asks } as ToWorker);
    });
  }

  /** Starts the run that this thread has prepared. */
  train(listener: RunListener): void {
    this.listener = listener;
    if (this.death) listener.end({ kind: 'died', error: this.death });
    else this.thread.post({ kind: 'train' });
  }

  tell(kind: 'pause' | 'unpause' | 'stop'): void {
    this.thread.post({ kind });
  }

  /** Ends the thread; whoever waits for an answer gets ORZ_RUN_DIED. */
  close(): void {
    this.thread.close();
    this.die(threadDied('it was closed'));
  }

  private die(error: OrzError): void {
    this.death ??= error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    const { listener } = this;
    this.listener = undefined;
    listener?.end({ kind: 'died', error });
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.settle(message.id, ({ resolve }) => {
          resolve(message.answer as never);
        });
        return;
      case 'refused':
        this.settle(message.id, ({ reject }) => {
          reject(unpackError(message.error));
        });
        return;
      case 'finished':
      case 'failed': {
        const { listener } = this;
        this.listener = undefined;
        listener?.end(message);
        return;
      }
      default:
        this.listener?.event(message);
    }
  }

  private settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting) settle(waiting);
  }
}
