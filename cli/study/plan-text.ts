import { formatDuration, printable } from '../terminal/format.js';
import { measuredPlanOf } from '../plan.js';
import { asText } from '../evaluate/report/document.js';
import { differingFrom } from './collect.js';
import { distinctRuns, type PlannedArm, type StudyRun } from './plan-runs.js';
import type { RunProgress, StudyProgress } from './read-run.js';

/** All runs of a study as a table, before anything starts. */
export function planText(arms: readonly PlannedArm[], progress: StudyProgress): string {
  const rows = arms.flatMap((arm, i) =>
    arm.runs.map((run) => [
      arm.name,
      String(run.seed),
      i === 0
        ? 'main arm'
        : differingFrom(arms[0], arm)
            .map(([path, , value]) => `${path} ${value}`)
            .join(', '),
      stateText(run, progress.get(run.name)),
      run.name,
    ]),
  );
  const runs = distinctRuns(arms);
  const finished = runs.filter(({ name }) => progress.get(name)?.state === 'finished').length;
  const caption = `${runs.length} runs, ${finished} of them finished`;
  return asText({ tables: [{ caption, head: ['arm', 'seed', 'differs in', 'state', 'run'], rows }], notes: [] });
}

const stateText = ({ iterations }: StudyRun, progress: RunProgress | undefined): string =>
  progress === undefined || progress.state === 'new' || progress.state === 'finished'
    ? (progress?.state ?? 'new')
    : `${progress.state} ${progress.done}/${iterations}`;

/** Seconds of one iteration, evaluations included, in the runs that have done any; undefined before that. */
function secondsPerIteration(progress: StudyProgress): number | undefined {
  const begun = [...progress.values()].filter(({ done }) => done > 0);
  const iterations = begun.reduce((sum, { done }) => sum + done, 0);
  return iterations === 0 ? undefined : begun.reduce((sum, { seconds }) => sum + seconds, 0) / iterations;
}

/** Iterations that are left to do. */
export const iterationsLeft = (runs: readonly StudyRun[], progress: StudyProgress): number =>
  runs.reduce((sum, { name, iterations }) => sum + left(progress.get(name), iterations), 0);

const left = (progress: RunProgress | undefined, iterations: number): number =>
  progress?.state === 'finished' ? 0 : iterations - (progress?.done ?? 0);

/**
 * How long the study still takes: at the pace of its own runs, else as measured in about a second on this machine for
 * the main arm.
 */
export async function timeText(arms: readonly PlannedArm[], progress: StudyProgress, jobs: number): Promise<string> {
  const runs = distinctRuns(arms);
  const todo = iterationsLeft(runs, progress);
  if (todo === 0) return 'Nothing is left to train.';
  const open = runs.filter(({ name }) => progress.get(name)?.state !== 'finished').length;
  const parallel = Math.min(jobs, open);
  const told = (seconds: number, how: string): string =>
    `About ${formatDuration((1000 * seconds) / parallel)} with ${parallel} at a time, ${how}.`;
  const pace = secondsPerIteration(progress);
  if (pace !== undefined) return told(pace * todo, 'at the pace of the runs of this study so far');
  const [main] = arms;
  const estimate = main && (await measuredPlanOf(main.gathered)).estimate;
  if (main === undefined || estimate === undefined) return 'How long it takes is known after the first iterations.';
  if ('problem' in estimate)
    return printable(`How long it takes is known after the first iterations: ${estimate.problem}.`);
  // The base model is made once, and not by the runs.
  const { total, start } = estimate.likely;
  const { iterations } = main.gathered.resolved.config;
  return told(((total - start) * todo) / iterations, 'as measured for a moment on this machine with one run');
}
