import { advance, firstView, wouldLose, type RunView } from '../run-view.js';
import type { ArchiveKind, FromWorker, RunChoice, ToWorker } from '../messages.js';
import { saveFile } from './save-file.js';

/** The page's end of the worker. */
export interface Client {
  /** The latest view; another object whenever something happened. */
  readonly view: RunView;
  /** Calls `listener` at most once per frame after something happened; returns what ends it. */
  subscribe(listener: () => void): () => void;
  /** Asks whether this could run; the answer is in the view. Of several questions only the last is answered. */
  check(choice: RunChoice): void;
  start(choice: RunChoice): void;
  pause(): void;
  resume(): void;
  stop(): void;
  download(what: ArchiveKind): void;
  /** Ends the worker. */
  close(): void;
}

export function createClient(): Client {
  const worker = new Worker('worker.js', { type: 'module', name: 'orz-train' });
  const listeners = new Set<() => void>();
  let view = firstView;
  let frame: number | undefined;
  let asked = 0;
  const happened = (event: Parameters<typeof advance>[1]): void => {
    view = advance(view, event, performance.now());
    // A hidden page draws no frames, and needs none.
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      for (const listener of listeners) listener();
    });
  };
  const post = (message: ToWorker): void => {
    worker.postMessage(message);
  };
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if ((data.kind === 'checked' || data.kind === 'rejected') && data.id !== asked) return;
    if (data.kind === 'archive') saveFile(data.name, data.content);
    happened(data);
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    happened({
      kind: 'died',
      error: { name: 'Error', message: event.message || 'the script of the worker could not be loaded' },
    });
  });
  // Leaving ends the run, and what it has learned goes with it.
  const guard = (event: BeforeUnloadEvent): void => {
    if (wouldLose(view)) event.preventDefault();
  };
  addEventListener('beforeunload', guard);
  return {
    get view() {
      return view;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    check: (choice) => {
      post({ kind: 'check', id: ++asked, choice });
    },
    start: (choice) => {
      happened({ kind: 'start' });
      post({ kind: 'start', choice });
    },
    pause: () => {
      happened({ kind: 'pause' });
      post({ kind: 'pause' });
    },
    resume: () => {
      post({ kind: 'resume' });
    },
    stop: () => {
      happened({ kind: 'stop' });
      post({ kind: 'stop' });
    },
    download: (what) => {
      post({ kind: 'download', id: ++asked, what });
    },
    close: () => {
      worker.terminate();
      removeEventListener('beforeunload', guard);
    },
  };
}
