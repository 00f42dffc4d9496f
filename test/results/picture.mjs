/** The curves of finished runs, of what they measured: every seed thin, their mean thick, controls dashed. */
import { smallMultiples } from './chart.mjs';
import { mean } from './runs.mjs';

/** @typedef {import('./runs.mjs').FinishedRun} FinishedRun */
/** @typedef {[x: number, y: number]} Point */

/**
 * Name in `metrics.jsonl`, title, and the range where the values do not choose it.
 * @type {readonly { readonly name: string, readonly title: string, readonly range?: readonly [number, number] }[]}
 */
const quantities = [
  { name: 'reward', title: 'Reward', range: [0, 1] },
  { name: 'responseLength', title: 'Response length, tokens' },
  { name: 'formatShare', title: 'Share of well-formed responses', range: [0, 1] },
  { name: 'reflectionShare', title: 'Share of reflective responses', range: [0, 1] },
  // Where rewards hardly vary any more this can fall far below zero, which says nothing.
  { name: 'explainedVariance', title: 'Explained variance of the critic', range: [-0.5, 1] },
  { name: 'entropy', title: 'Entropy, nats per token' },
];

/** @param {readonly FinishedRun[]} runs */
export function drawRuns(runs) {
  const seeds = runs.filter((run) => !run.shuffled),
    controls = runs.filter((run) => run.shuffled);
  const panels = quantities
    .map(({ name, title, range }) => {
      const lines = [...linesOf(controls, name, 'control'), ...linesOf(seeds, name, 'seed')];
      return { title, lines, dots: heldOutMeans(seeds, name), ...(range && { range }) };
    })
    // Not every template has a form, or counts reflection.
    .filter(({ lines }) => lines.some(({ points }) => points.length > 0));
  const several = seeds.length > 1;
  /** @type {[string, string][]} */
  const legend = [
    ...(several ? [/** @type {[string, string]} */ (['seed', 'each seed'])] : []),
    ['mean', several ? `mean of ${seeds.length} seeds` : 'training problems'],
    ['dot', 'held-out problems'],
  ];
  if (controls.length > 0)
    legend.push([
      'control-mean',
      controls.length > 1 ? `control: shuffled rewards (mean of ${controls.length})` : 'control: shuffled rewards',
    ]);
  return smallMultiples(panels, {
    xLabel: 'iteration',
    legend,
    description: `Curves of ${seeds.length} runs: ${quantities.map(({ title }) => title).join(', ')} against iteration`,
  });
}

/** @param {readonly FinishedRun[]} runs @param {string} name @param {'seed' | 'control'} kind */
function linesOf(runs, name, kind) {
  const curves = runs.map((run) =>
    run.iterations.flatMap((line) =>
      typeof line[name] === 'number' ? [/** @type {Point} */ ([line.iteration, line[name]])] : [],
    ),
  );
  const lines = curves.length > 1 ? curves.map((points) => ({ kind, points })) : [];
  return [...lines, { kind: kind === 'seed' ? 'mean' : 'control-mean', points: meanByX(curves.flat()) }];
}

/** @param {readonly FinishedRun[]} runs @param {string} name @returns {Point[]} */
const heldOutMeans = (runs, name) =>
  meanByX(
    runs.flatMap((run) =>
      run.evaluations.flatMap(({ iteration, heldOut }) => {
        const value = /** @type {Readonly<Record<string, number>>} */ (heldOut)[name];
        return value === undefined ? [] : [/** @type {Point} */ ([iteration, value])];
      }),
    ),
  );

/** @param {readonly Point[]} points @returns {Point[]} */
function meanByX(points) {
  /** @type {Map<number, number[]>} */
  const byX = new Map();
  for (const [x, y] of points) byX.set(x, [...(byX.get(x) ?? []), y]);
  return [...byX].sort(([a], [b]) => a - b).map(([x, ys]) => [x, mean(ys)]);
}
