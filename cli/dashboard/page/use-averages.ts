import { useMemo, useState } from 'preact/hooks';
import { elementAt } from '../../../core/arrays.js';
import { armsOf, type Arm } from '../shared/arms.js';
import { averageOf } from '../shared/average.js';
import type { LoadedRun } from './use-runs.js';

/** The choice between single runs and means over seeds. */
export interface Averaging {
  readonly arms: readonly Arm[];
  /** Whether the arms are shown rather than the runs. */
  readonly on: boolean;
  set(on: boolean): void;
}

/**
 * What is shown: the runs, or an average for each arm. Unless somebody chooses, it is the averages as soon as an arm
 * has two seeds; before that there is no choice. Nor is there one where curves are `thinned`.
 */
export function useAverages(
  runs: readonly LoadedRun[],
  thinned: boolean,
): { readonly shown: readonly LoadedRun[]; readonly averaging?: Averaging } {
  const [on, set] = useState(true);
  // A run is a new object whenever it has changed; the list is one with every answer of the server.
  const arms = useMemo(() => armsOf(runs.map(({ info }) => info)), runs);
  const canAverage = !thinned && arms.some(({ seeds }) => seeds.length > 1);
  const averages = useMemo(() => (canAverage && on ? arms.map((arm) => averagedRun(arm, runs)) : []), [arms, on]);
  if (!canAverage) return { shown: runs };
  return { shown: on ? averages : runs, averaging: { arms, on, set } };
}

function averagedRun({ name, seeds, runs: numbers }: Arm, all: readonly LoadedRun[]): LoadedRun {
  const runs = numbers.map((run) => elementAt(all, run));
  const { iterations, folder } = elementAt(runs, 0).info;
  const several = seeds.length > 1;
  return {
    info: {
      name,
      folder,
      state: stateOf(runs),
      ...(iterations !== undefined && { iterations }),
      facts: [[several ? 'mean of seeds' : 'seed', seeds.join(', ')]],
    },
    ...averageOf(runs.map(({ series }) => series)),
    warnings: runs.flatMap(({ info, warnings }) =>
      warnings.map((warning) => ({ ...warning, message: `${info.name}: ${warning.message}` })),
    ),
  };
}

function stateOf(runs: readonly LoadedRun[]): LoadedRun['info']['state'] {
  const states = runs.map(({ info }) => info.state);
  if (states.includes('running')) return 'running';
  return states.every((state) => state === 'finished') ? 'finished' : 'unfinished';
}
