import colors from 'picocolors';
import type { MetricValue, Metrics } from '../../core/contracts/metric-sink.js';
import { formatNumber } from './format.js';

/** Metrics of an iteration worth a look while it runs: name in the metrics, words on the screen. All others are in the run folder. */
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
  const seconds = asRecord(metrics['seconds'])['total'];
  const lines =
    metrics['reward'] === undefined
      ? []
      : [
          `${colors.bold(`${iteration}/${iterations}`.padStart(7))}  ${describe(metrics)}${seconds === undefined ? '' : `  ${formatNumber(seconds)} s`}`,
        ];
  for (const [name, value] of Object.entries(metrics)) {
    if (name.startsWith(evaluationPrefix))
      lines.push(
        colors.cyan(
          `${name.slice(evaluationPrefix.length)} problems, after ${iteration}:  ${describe(asRecord(value))}`,
        ),
      );
  }
  return lines;
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
