import colors from 'picocolors';
import type { MetricValue, Metrics } from '../../core/contracts/metric-sink.js';
import { formatNumber } from './format.js';

/** The metrics worth a look during a run: name in the metrics, label on the screen. The run folder has the others. */
const shown: readonly (readonly [name: string, label: string])[] = [
  ['reward', 'reward'],
  ['responseLength', 'length'],
  ['formatShare', 'format'],
  ['reflectionShare', 'reflection'],
  ['explainedVariance', 'explained variance'],
];

const evaluationPrefix = 'evaluation/';

/** The lines of one record: the iteration, if it holds one, and each evaluation on held-out problems. */
export function metricsLines(metrics: Metrics, iterations: number): string[] {
  const iteration = Number(metrics['iteration']);
  const evaluations = Object.entries(metrics)
    .filter(([name]) => name.startsWith(evaluationPrefix))
    .map(([name, value]) => {
      const set = name.slice(evaluationPrefix.length);
      return colors.cyan(`${set} problems, after ${iteration}:  ${describe(asRecord(value))}`);
    });
  if (metrics['reward'] === undefined) return evaluations;
  return [iterationLine(metrics, `${iteration}/${iterations}`), ...evaluations];
}

function iterationLine(metrics: Metrics, position: string): string {
  const seconds = asRecord(metrics['seconds'])['total'];
  const time = seconds === undefined ? '' : `  ${formatNumber(seconds)} s`;
  return `${colors.bold(position.padStart(7))}  ${describe(metrics)}${time}`;
}

function describe(metrics: Metrics): string {
  return shown
    .flatMap(([name, label]) =>
      typeof metrics[name] === 'number' ? [`${label} ${formatMetric(name, metrics[name])}`] : [],
    )
    .join('  ');
}

const formatMetric = (name: string, value: number): string => value.toFixed(name === 'responseLength' ? 1 : 3);

function asRecord(value: MetricValue | undefined): Readonly<Record<string, number>> {
  return typeof value === 'object' && value !== null ? value : {};
}
