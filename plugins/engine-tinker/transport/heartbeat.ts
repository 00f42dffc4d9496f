import { Worker } from 'node:worker_threads';

/** What the thread starts with; the key is in the headers and stays in this process. */
export interface HeartbeatData {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly intervalMs: number;
  /** The longest that one heartbeat may take. */
  readonly limitMs: number;
  /** Without success for longer than this the server counts as silent. */
  readonly patienceMs: number;
}

export type Beat =
  | { readonly kind: 'alive' }
  /** The server does not know the session. */
  | { readonly kind: 'ended'; readonly reason: string }
  | { readonly kind: 'silent'; readonly seconds: number; readonly reason: string };

/** Beats from a thread of its own, which does its own HTTP, until it is stopped. */
export class Heartbeat {
  private readonly thread: Worker;

  constructor(data: HeartbeatData, onBeat: (beat: Beat) => void) {
    this.thread = new Worker(new URL('./heartbeat-thread.mjs', import.meta.url), {
      workerData: data,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    this.thread.unref();
    this.thread.on('message', onBeat);
    this.thread.on('error', (error: Error) => {
      onBeat({ kind: 'silent', seconds: 0, reason: `the thread of the heartbeat died: ${error.message}` });
    });
  }

  async stop(): Promise<void> {
    this.thread.removeAllListeners('message');
    await this.thread.terminate();
  }
}
