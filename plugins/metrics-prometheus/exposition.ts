import type { Metrics, MetricValue } from '../../core/contracts/metric-sink.js';

/**
 * The text format of Prometheus, version 0.0.4. Source: prometheus.io, "Exposition formats", section "Text-based
 * format".
 */
export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** What only grows while a run goes on; everything else is a gauge. */
const counters: readonly string[] = ['iteration', 'weightVersion', 'rewardPool'];

/** What is known of the run besides its metrics. */
export interface RunFacts {
  readonly run: string;
  /** Iterations of the whole run; undefined before the first ended. */
  readonly iterations: number | undefined;
  /** Seconds since 1970 of the last record; undefined before the first. */
  readonly recorded: number | undefined;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The last record of a run as Prometheus reads it. */
export function exposition(metrics: Metrics, { run, iterations, recorded }: RunFacts): string {
  const own: Family[] = [
    gauge('orz_run_info', 'Which run this is', [{ labels: { run }, value: 1 }]),
    gauge('orz_run_iterations', 'Iterations of the whole run', unlabelled(iterations)),
    gauge('orz_run_recorded_timestamp_seconds', 'When the last iteration was recorded', unlabelled(recorded)),
  ];
  return [...own, ...familiesOf(metrics)]
    .filter(({ samples }) => samples.length > 0)
    .map(textOf)
    .join('');
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  type: 'gauge',
  help,
  samples,
});

const unlabelled = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ labels: {}, value }]);

/** Metrics by name; those of held-out sets, `evaluation/NAME`, are one family. Texts and null are left out. */
function familiesOf(metrics: Metrics): Family[] {
  const families = new Map<string, Family>();
  for (const [key, value] of Object.entries(metrics)) {
    const [metric = '', ...rest] = key.split('/');
    const type = counters.includes(metric) ? 'counter' : 'gauge';
    const name = `orz_${snakeCase(metric)}${type === 'counter' ? '_total' : ''}`;
    const samples = samplesOf(value, rest.length > 0 ? { set: rest.join('/') } : {});
    const known = families.get(name)?.samples ?? [];
    const help = `The metric ${metric} of docs/metrics.md`;
    families.set(name, { name, type, help, samples: [...known, ...samples] });
  }
  return [...families.values()].map((family) => ({ ...family, samples: distinct(family.samples) }));
}

function samplesOf(value: MetricValue, labels: Readonly<Record<string, string>>): Sample[] {
  if (typeof value === 'number') return [{ labels, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([part, number]) => ({ labels: { ...labels, part }, value: number }));
}

/** Two samples with the same labels would make Prometheus refuse all; names may differ only in what it forbids. */
const distinct = (samples: readonly Sample[]): Sample[] => [
  ...new Map(samples.map((sample) => [labelsText(sample.labels), sample])).values(),
];

/** `rewardStd` as `reward_std`; what a name must not hold becomes `_`. */
const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_');

function textOf({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}`);
  return [`# HELP ${name} ${escaped(help, /[\\\n]/g)}.`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, /[\\\n"]/g)}"`);
  return parts.length === 0 ? '' : `{${parts.join()}}`;
}

const escaped = (text: string, special: RegExp): string =>
  text.replace(special, (character) => (character === '\n' ? '\\n' : `\\${character}`));
