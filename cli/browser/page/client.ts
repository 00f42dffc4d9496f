import type { ArchiveKind, FromWorker, RunChoice, ToWorker } from '../messages.js';
import { applyEvent, hasUnsavedWork, initialView, type PageEvent, type RunView } from '../run-view.js';
import { saveFile } from './save-file.js';

/** The page's end of the worker: sends what the visitor does, and keeps the view of the run up to date. */
export class Client {
  private readonly worker = new Worker('worker.js', { type: 'module', name: 'orz-train' });
  private readonly listeners = new Set<() => void>();
  private latestView = initialView;
  private frame: number | undefined;
  private lastId = 0;

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      this.receive(data);
    });
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      const message = event.message || 'The script of the worker could not be loaded';
      this.apply({ kind: 'died', error: { name: 'Error', message } });
    });
    addEventListener('beforeunload', this.warnBeforeLeaving);
  }

  /** The latest view; a new object after every event. */
  get view(): RunView {
    return this.latestView;
  }

  /** Calls `listener` after events, at most once per frame; returns the function that unsubscribes it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Asks whether this could be trained; the answer appears in the view. Only the latest question is answered. */
  check(choice: RunChoice): void {
    this.post({ kind: 'check', id: ++this.lastId, choice });
  }

  start(choice: RunChoice): void {
    this.apply({ kind: 'start' });
    this.post({ kind: 'start', choice });
  }

  pause(): void {
    this.apply({ kind: 'pause' });
    this.post({ kind: 'pause' });
  }

  resume(): void {
    this.post({ kind: 'resume' });
  }

  stop(): void {
    this.apply({ kind: 'stop' });
    this.post({ kind: 'stop' });
  }

  download(what: ArchiveKind): void {
    this.post({ kind: 'download', id: ++this.lastId, what });
  }

  /** Terminates the worker. */
  close(): void {
    this.worker.terminate();
    removeEventListener('beforeunload', this.warnBeforeLeaving);
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    const isOutdated = (message.kind === 'checked' || message.kind === 'rejected') && message.id !== this.lastId;
    if (isOutdated) return;
    if (message.kind === 'archive') saveFile(message.name, message.content);
    this.apply(message);
  }

  private apply(event: PageEvent): void {
    this.latestView = applyEvent(this.latestView, event, performance.now());
    // A hidden page draws no frames, and needs none.
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      for (const listener of this.listeners) listener();
    });
  }

  /** Leaving the page ends the run, and its results are lost. */
  private readonly warnBeforeLeaving = (event: BeforeUnloadEvent): void => {
    if (hasUnsavedWork(this.latestView)) event.preventDefault();
  };
}
