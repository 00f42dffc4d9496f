import type { FromWorker, ToWorker } from '../messages.js';

/** Where a run computes: in a worker of its own, or in the thread of the program. */
export type ThreadKind = 'own' | 'this';

/** A thread that answers messages. */
export interface Thread {
  post(message: ToWorker): void;
  /** Ends it, whatever it is doing; the thread of the program itself goes on. */
  close(): void;
}

export interface ThreadListener {
  readonly receive: (message: FromWorker) => void;
  /** Its script did not load, or an error was not caught. */
  readonly died: (message: string) => void;
}

export const openThread = (kind: ThreadKind, listener: ThreadListener): Thread =>
  kind === 'own' ? openWorker(listener) : openHere(listener);

/** The part of a browser's `Worker` that is used; its types are not there for whoever compiles this in Node. */
interface BrowserWorker {
  postMessage(message: ToWorker): void;
  addEventListener(type: 'message', listener: (event: { readonly data: FromWorker }) => void): void;
  addEventListener(type: 'error', listener: (event: ScriptError) => void): void;
  terminate(): void;
}
interface ScriptError {
  /** Empty where the script could not be loaded. */
  readonly message?: string;
  preventDefault(): void;
}
declare const Worker: new (url: URL, options: { readonly type: 'module'; readonly name: string }) => BrowserWorker;

function openWorker({ receive, died }: ThreadListener): Thread {
  // Bundlers find the script of the worker by this very expression.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'orz-train' });
  worker.addEventListener('message', ({ data }) => {
    receive(data);
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    died(event.message || 'its script could not be loaded');
  });
  return {
    post: (message) => {
      worker.postMessage(message);
    },
    close: () => {
      worker.terminate();
    },
  };
}

/** The service in this thread. Its code is large, and loaded only here. */
function openHere({ receive, died }: ThreadListener): Thread {
  let isOpen = true;
  const service = import('../worker/service-here.js').then(({ createServiceHere }) =>
    createServiceHere((message) => {
      if (isOpen) receive(message);
    }),
  );
  service.catch((error: unknown) => {
    died(String(error));
  });
  return {
    post: (message) => {
      // Later, as from another thread, so that nothing is reported before the caller has what is returned.
      setTimeout(() => {
        void service.then(
          (started) => started.receive(message),
          () => undefined,
        );
      }, 0);
    },
    close: () => {
      isOpen = false;
    },
  };
}
