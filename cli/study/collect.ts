import { zip } from '../../core/arrays.js';
import { compareArms } from '../../core/study/compare-arms.js';
import { outcomeOf } from '../../core/study/outcome.js';
import { studyResultsSchema, type StudyResults } from '../../core/study/results.js';
import type { Study } from '../../core/study/study.js';
import { differingPaths, valueAt } from '../dashboard/differences.js';
import type { RunSeries } from '../dashboard/shared/series.js';
import { producer } from '../producer.js';
import { unknownOutcome } from './errors.js';
import type { PlannedArm } from './plan-runs.js';
import { curveOf, readFinished } from './read-run.js';

/** The curves of an arm's runs, in the order of the seeds. */
export interface ArmCurves {
  readonly name: string;
  readonly runs: readonly RunSeries[];
}

export const readCurves = (arms: readonly PlannedArm[]): Promise<ArmCurves[]> =>
  Promise.all(
    arms.map(async ({ name, runs }) => ({
      name,
      runs: await Promise.all(runs.map(({ folder }) => readFinished(folder))),
    })),
  );

interface Collected {
  readonly study: Study;
  readonly set: readonly string[];
  readonly seeds: readonly number[];
  readonly arms: readonly PlannedArm[];
  readonly curves: readonly ArmCurves[];
}

/** The results of a study whose runs are finished. Throws ORZ_CONFIG_INVALID for a metric that none of them has. */
export function resultsOf({ study, set, seeds, arms, curves }: Collected): StudyResults {
  requireMetrics(study, curves);
  return studyResultsSchema.parse({
    version: 1,
    producer: producer(),
    study,
    set: [...set],
    seeds: [...seeds],
    arms: [...zip(arms, curves)].map(([{ name, runs }, { runs: series }], i) => ({
      name,
      differing: i === 0 ? [] : differingFrom(arms[0], arms[i]),
      runs: [...zip(runs, series)].map(([{ seed, path }, { iterations }]) => ({
        seed,
        folder: path,
        iterations: iterations.at(-1) ?? 0,
      })),
    })),
    outcomes: study.outcomes.map(({ metric, label, at }) => ({
      metric,
      label,
      arms: compareArms(
        curves.map(({ name, runs }) => ({ name, values: runs.map((run) => outcomeOf(curveOf(run, metric), at)) })),
      ),
    })),
  });
}

/** Settings in which an arm is not as the main one: path, value there, value here. */
export function differingFrom(
  main: PlannedArm | undefined,
  arm: PlannedArm | undefined,
): [path: string, main: string, arm: string][] {
  if (main === undefined || arm === undefined) return [];
  const [first, other] = [main, arm].map(({ gathered }) => gathered.resolved.config);
  return differingPaths([first ?? {}, other ?? {}]).map((path) => [path, valueAt(first, path), valueAt(other, path)]);
}

function requireMetrics(study: Study, curves: readonly ArmCurves[]): void {
  const known = new Set(curves.flatMap(({ runs }) => runs.flatMap(({ columns }) => [...columns.keys()])));
  const wanted = [...study.outcomes.map(({ metric }) => metric), ...study.plots];
  const missing = wanted.find((metric) => !known.has(metric));
  if (missing !== undefined) throw unknownOutcome(missing, [...known].sort(), `study ${study.name}`);
}
