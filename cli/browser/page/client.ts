import { parseSet, type Layer } from '../../../core/config/layers.js';
import { packError } from '../../run/messages.js';
import { Session } from '../library/session.js';
import { startRun, type Run } from '../library/start-run.js';
import type { ArchiveKind, RunRequest } from '../messages.js';
import { applyEvent, hasUnsavedWork, initialView, type PageEvent, type RunView } from '../run-view.js';
import type { RunChoice } from './form.js';
import { saveFile } from './save-file.js';

/** The page's end of a run: does what the visitor asks for, and keeps the view of the run up to date. */
export class Client {
  private readonly session = new Session('own');
  private readonly listeners = new Set<() => void>();
  private latestView = initialView;
  private frame: number | undefined;
  private lastCheck = 0;
  private run: Run | undefined;

  constructor() {
    addEventListener('beforeunload', this.warnBeforeLeaving);
    void this.greet();
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
  async check(choice: RunChoice): Promise<void> {
    const check = ++this.lastCheck;
    const event = await this.outcome(async () => {
      const planned = await this.session.ask('plan', { request: requestOf(choice) });
      return { kind: 'checked', planned };
    });
    if (check === this.lastCheck) this.apply(event);
  }

  async start(choice: RunChoice): Promise<void> {
    this.apply({ kind: 'start' });
    try {
      this.run = await startRun(this.session, requestOf(choice), (event) => {
        this.apply(event);
      });
      this.apply({ kind: 'finished', summary: await this.run.result });
    } catch (error) {
      this.apply({ kind: 'failed', error: packError(error) });
    }
  }

  pause(): void {
    this.apply({ kind: 'pause' });
    this.session.tell('pause');
  }

  unpause(): void {
    this.session.tell('unpause');
  }

  stop(): void {
    this.apply({ kind: 'stop' });
    this.session.tell('stop');
  }

  async download(what: ArchiveKind): Promise<void> {
    const { run } = this;
    if (!run) return;
    const event = await this.outcome(async () => {
      saveFile(`orz-${what}.tar`, await run.archive(what));
      return { kind: 'downloaded' };
    });
    this.apply(event);
  }

  /** Ends the run, if there is one. */
  close(): void {
    this.session.close();
    removeEventListener('beforeunload', this.warnBeforeLeaving);
  }

  private async greet(): Promise<void> {
    try {
      const [gpu, presets] = await Promise.all([this.session.ask('gpu', {}), this.session.ask('presets', {})]);
      this.apply({ kind: 'ready', gpu, ...presets });
    } catch (error) {
      this.apply({ kind: 'failed', error: packError(error) });
    }
  }

  private async outcome(work: () => Promise<PageEvent>): Promise<PageEvent> {
    try {
      return await work();
    } catch (error) {
      return { kind: 'rejected', error: packError(error) };
    }
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

/** What the page decides of itself lies below what is typed in, as for `--set`. */
function requestOf({ preset, ablation, backend, set, resume }: RunChoice): RunRequest {
  const page: Layer = { label: 'this page', values: { backend } };
  const layers = [page, ...set.map(parseSet)];
  if (resume) return { layers, resume: { archive: resume.archive, force: false } };
  return { presets: ablation === undefined ? [preset] : [preset, ablation], layers };
}
