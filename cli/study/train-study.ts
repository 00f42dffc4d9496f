import type { RunEvents } from '../../core/contracts/run-events.js';
import { isOrzError } from '../../core/errors.js';
import { requireMachine } from '../plan.js';
import { requireBackend } from '../run/start-run.js';
import { screenEvents } from '../screen-events.js';
import { stopOnSignal } from '../stop-on-signal.js';
import type { Screen } from '../terminal/contracts.js';
import { createScreen } from '../terminal/screen.js';
import { makeBase } from './base-model.js';
import { studyInterrupted, studyRunsFailed } from './errors.js';
import { planArms } from './jobs.js';
import { distinctRuns, type PlannedArm, type StudyRun } from './plan-runs.js';
import { iterationsLeft } from './plan-text.js';
import { progressOfAll, type StudyProgress } from './read-run.js';
import { trainRuns } from './train-runs.js';
import { createStudyView } from './view.js';

/**
 * Makes the base models, then trains all runs that are not finished, and shows the progress on stderr. Throws
 * ORZ_INTERRUPTED after a signal, and what the runs that failed threw.
 */
export async function trainStudy(arms: readonly PlannedArm[], progress: StudyProgress, wanted: number): Promise<void> {
  const all = distinctRuns(arms);
  const runs = all.filter(({ name }) => progress.get(name)?.state !== 'finished');
  if (runs.length === 0) return;
  const { plans, jobs } = await planArms(arms, wanted);
  for (const plan of plans) requireMachine(plan);
  for (const { gathered } of arms) await requireBackend(gathered.resolved);
  const screen = createScreen(process.stderr);
  const stop = stopOnSignal(() => {
    screen.close();
    process.stderr.write('Stopped at once; what was saved before stays.\n');
  });
  try {
    const counts = { runs: all.length, finished: all.length - runs.length, todo: iterationsLeft(runs, progress) };
    const limit = jobs < wanted ? ', as many as the memory holds' : '';
    screen.line(`${counts.runs} runs, ${counts.finished} of them finished; up to ${jobs} at a time${limit}`);
    await makeBases(runs, screenEvents(screen), stop.signal);
    await trainInView(runs, screen, { counts, jobs, signal: stop.signal });
    if (stop.signal.aborted) throw await interrupted(arms, String(stop.signal.reason));
  } catch (error) {
    // Whatever waits throws the name of the signal; what a run failed with counts more.
    if (!stop.signal.aborted || isOrzError(error)) throw error;
    throw await interrupted(arms, String(stop.signal.reason));
  } finally {
    stop.dispose();
    screen.close();
  }
}

async function makeBases(runs: readonly StudyRun[], events: RunEvents, signal: AbortSignal): Promise<void> {
  const bases = new Map(runs.flatMap(({ base }) => (base === undefined ? [] : [[base.name, base] as const])));
  for (const base of bases.values()) await makeBase(base, events, signal);
}

interface Training {
  readonly counts: Parameters<typeof createStudyView>[1];
  readonly jobs: number;
  readonly signal: AbortSignal;
}

async function trainInView(runs: readonly StudyRun[], screen: Screen, { counts, ...options }: Training): Promise<void> {
  const events = createStudyView(screen, counts);
  const announce = (): void => {
    screen.line('Stopping: runs finish their step and save; Ctrl-C again stops at once');
  };
  options.signal.addEventListener('abort', announce, { once: true });
  try {
    const failures = await trainRuns(runs, { ...options, cwd: process.cwd(), events });
    if (failures.length > 0) throw studyRunsFailed(failures);
  } finally {
    options.signal.removeEventListener('abort', announce);
    events.close();
  }
}

async function interrupted(arms: readonly PlannedArm[], signal: string): Promise<Error> {
  const progress = [...(await progressOfAll(arms)).values()];
  const finished = progress.filter(({ state }) => state === 'finished').length;
  return studyInterrupted(signal, finished, progress.length);
}
