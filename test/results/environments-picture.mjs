/**
 * The curves of runs in several environments: a column per seed, rewards in training above those on held-out problems.
 */
import { smallMultiples } from './chart.mjs';
import { groupsOf } from './environments-table.mjs';

/** @typedef {import('./environments-table.mjs').EnvironmentRun} EnvironmentRun */

/** How the environments are drawn, in their order. */
const kinds = ['mean', 'second', 'third'];
const range = /** @type {const} */ ([0, 1]);

/** @param {readonly EnvironmentRun[]} runs */
export function drawEnvironments(runs) {
  const groups = groupsOf(runs).map((group, i) => ({ ...group, kind: kinds[i] ?? '' }));
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  const panels = (
    /** @type {string} */ title,
    /** @type {(run: EnvironmentRun) => readonly (readonly [number, number])[]} */ points,
  ) =>
    seeds.map((seed) => ({
      title: `${title}, seed ${seed}`,
      range,
      dots: [],
      lines: groups.flatMap(({ group, kind }) =>
        group.filter((run) => run.seed === seed).map((run) => ({ kind, points: points(run) })),
      ),
    }));
  return smallMultiples(
    [
      ...panels('Reward in training', (run) => run.iterations.map((line) => [line.iteration, Number(line['reward'])])),
      ...panels('Held-out reward', (run) =>
        run.evaluations.map(({ iteration, heldOut }) => [iteration, heldOut.reward]),
      ),
    ],
    {
      xLabel: 'iteration',
      legend: groups.map(({ kind, name }) => [kind, name]),
      description:
        `Reward against iteration of ${runs.length} runs with the seeds ${seeds.join(', ')} ` +
        `in ${groups.map(({ name }) => name).join(', ')}`,
    },
  );
}
