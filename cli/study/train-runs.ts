import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { isOrzError, type OrzError } from '../../core/errors.js';
import { isLocked } from '../run/lock.js';
import type { FromRun, StopSignal } from '../run/messages.js';
import type { RunProcess } from '../run/run-process.js';
import { startRun } from '../run/start-run.js';
import { studyRunFailed } from './errors.js';
import type { StudyRun } from './plan-runs.js';
import { progressOf } from './read-run.js';

/** What happens to the runs of a study. */
export interface StudyEvents {
  onStart(run: StudyRun): void;
  onMessage(run: StudyRun, message: FromRun): void;
  /** A line that the process of a run, a library or a user's plugin printed. */
  onOutput(run: StudyRun, line: string): void;
  /** The run is trained elsewhere, and is waited for. */
  onWaiting(run: StudyRun): void;
  /** Trained to its end, here or elsewhere. */
  onFinished(run: StudyRun): void;
}

interface TrainOptions {
  /** Runs at the same time. */
  readonly jobs: number;
  /** Where relative paths start. */
  readonly cwd: string;
  readonly events: StudyEvents;
  /** Lets the runs finish their step, save and end. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks at a run that another process trains. */
const pollMs = 500;

/**
 * Trains all runs that are not finished, some at a time, each in a process of its own. A run that another process
 * trains meanwhile is waited for. After a failure nothing new is started; returns what failed once the others have
 * ended.
 */
export async function trainRuns(runs: readonly StudyRun[], options: TrainOptions): Promise<OrzError[]> {
  // Each run listens to it; Node takes more than ten listeners for a leak.
  setMaxListeners(0, options.signal);
  const pool = new Pool(runs, options);
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.jobs, runs.length)) }, () => pool.work()));
  return pool.failures;
}

class Pool {
  readonly failures: OrzError[] = [];
  private readonly waiting: StudyRun[];
  private readonly announced = new Set<StudyRun>();

  constructor(
    runs: readonly StudyRun[],
    private readonly options: TrainOptions,
  ) {
    this.waiting = [...runs];
  }

  /** Takes runs until there is none left. */
  async work(): Promise<void> {
    for (let run = this.take(); run !== undefined; run = this.take()) {
      const isDone = await this.tryRun(run).catch((error: unknown) => {
        this.fail(run, error);
        return true;
      });
      if (isDone) continue;
      // Others may be free to train: it goes to the end.
      this.waiting.push(run);
      await setTimeout(pollMs, undefined, { signal: this.options.signal }).catch(() => undefined);
    }
  }

  private take(): StudyRun | undefined {
    return this.failures.length > 0 || this.options.signal.aborted ? undefined : this.waiting.shift();
  }

  /** False where another process trains the run. */
  private async tryRun(run: StudyRun): Promise<boolean> {
    const { events } = this.options;
    if (await isLocked(run.folder)) {
      if (!this.announced.has(run)) events.onWaiting(run);
      this.announced.add(run);
      return false;
    }
    if ((await progressOf(run.folder)).state !== 'finished') {
      events.onStart(run);
      try {
        await this.train(run);
      } catch (error) {
        // Another process was faster.
        if (isOrzError(error) && error.code === 'ORZ_RUN_LOCKED') return false;
        throw error;
      }
    }
    events.onFinished(run);
    return true;
  }

  private async train(run: StudyRun): Promise<void> {
    const { cwd, events, signal } = this.options;
    const process: RunProcess = startRun(run.gathered, {
      cwd,
      resume: { required: false, force: false },
      onMessage: (message) => {
        events.onMessage(run, message);
      },
      onOutput: (line) => {
        events.onOutput(run, line);
      },
    });
    const stop = (): void => {
      process.stop(signal.reason as StopSignal);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await process.result;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  private fail(run: StudyRun, error: unknown): void {
    if (isOrzError(error) && error.code === 'ORZ_INTERRUPTED' && this.options.signal.aborted) return;
    this.failures.push(studyRunFailed(run, error));
  }
}
