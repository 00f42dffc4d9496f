import type { RunPlan } from '../../../core/plan/types.js';
import type { OrzConfig } from '../../define-config.js';
import type { Gpu, NoGpu, TrainingEvent } from '../messages.js';
import { requestOf } from './request.js';
import { Session } from './session.js';
import { startRun, type Run } from './start-run.js';
import type { ThreadKind } from './thread.js';

export interface PlanOptions {
  /**
   * Continue the run in this archive: all its files, as {@link Run.archive} gives them, or a ustar archive of the
   * folder of a run. An empty configuration keeps the settings of that run; any other one replaces them, and what may
   * change then is in docs/resume.md.
   */
  readonly resume?: Uint8Array;
  /** With `resume`: continue even if the settings make it another experiment. */
  readonly force?: boolean;
  /** `own`, the default: a worker, so that the page stays responsive. `this`: the thread of the caller. */
  readonly thread?: ThreadKind;
}

export interface TrainOptions extends PlanOptions {
  /** Stops the run as {@link Run.stop} does. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
}

/**
 * Trains in a browser as the package does in Node: checks the configuration, starts the run and returns it. Rejects
 * with what is wrong before anything starts. The backend is `webgpu` unless the configuration states `reference`.
 */
export async function train(config: OrzConfig = {}, options: TrainOptions = {}): Promise<Run> {
  const { onEvent, signal, thread = 'own' } = options;
  signal?.throwIfAborted();
  const session = new Session(thread);
  const run = await startRun(session, requestOf(config, options), (event) => onEvent?.(event)).catch(
    (error: unknown) => {
      session.close();
      throw error;
    },
  );
  const stop = (): void => {
    run.stop();
  };
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const ended = (): void => {
    signal?.removeEventListener('abort', stop);
  };
  run.result.then(ended, ended);
  return run;
}

/** What the run of a configuration would need; see docs/plan.md. Starts nothing. */
export const plan = async (config: OrzConfig = {}, options: PlanOptions = {}): Promise<RunPlan> =>
  asking(options, async (session) => (await session.ask('plan', { request: requestOf(config, options) })).plan);

/** The GPU that a run would have, or why there is none and what helps. Asks for an adapter only. */
export const findGpu = (options: Pick<PlanOptions, 'thread'> = {}): Promise<Gpu | NoGpu> =>
  asking(options, (session) => session.ask('gpu', {}));

/** Lets `ask` use a thread, which ends with it. */
async function asking<T>(
  { thread = 'own' }: Pick<PlanOptions, 'thread'>,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  const session = new Session(thread);
  try {
    return await ask(session);
  } finally {
    session.close();
  }
}
