import type { Metrics, MetricValue } from '../../contracts/metric-sink.js';
import { healthRules, type HealthMemory, type HealthRule } from './health-rules.js';

/**
 * State of the health check between iterations: plain JSON, part of a checkpoint, so that a resumed run repeats no
 * warning.
 */
export interface HealthState extends HealthMemory {
  /** Iterations in a row for which the condition of each rule has held, by name; absent for 0. */
  readonly streaks: Readonly<Record<string, number>>;
}

/** A warning as shown to the user. */
export interface HealthWarning {
  readonly rule: string;
  /** What was seen, with figures. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}

export interface HealthReport {
  readonly state: HealthState;
  /**
   * Warnings raised by this iteration; one that persists is not raised again until its condition has been absent for an
   * iteration.
   */
  readonly raised: readonly HealthWarning[];
  /** Every warning that holds now and the iterations for which its condition has held: the metric `warnings`. */
  readonly active: Readonly<Record<string, number>>;
}

export const healthyStart: HealthState = { streaks: {}, entropyPeak: 0, norms: {}, incidents: 0 };

/** Whether a run looks sick after an iteration with these metrics. Pure: same state and metrics, same report. */
export function examineHealth(state: HealthState, metrics: Metrics): HealthReport {
  const holding = healthRules.filter((rule) => rule.holds(reading(metrics), state));
  const streaks = holding.map((rule) => ({ rule, streak: (state.streaks[rule.name] ?? 0) + 1 }));
  return {
    state: { streaks: byName(streaks), ...remember(state, metrics) },
    raised: streaks
      .filter(({ rule, streak }) => streak === rule.patience)
      .map(({ rule }) => ({ rule: rule.name, message: rule.message(reading(metrics), state), advice: rule.advice })),
    active: byName(streaks.filter(({ rule, streak }) => streak >= rule.patience)),
  };
}

/** A rule and the iterations in a row for which its condition has held. */
interface Streak {
  readonly rule: HealthRule;
  readonly streak: number;
}

const byName = (streaks: readonly Streak[]): Record<string, number> =>
  Object.fromEntries(streaks.map(({ rule, streak }) => [rule.name, streak]));

/** Weight of the newest norm in the running mean of logarithms. */
const newest = 0.1;

function remember({ entropyPeak, norms }: HealthState, metrics: Metrics): HealthMemory {
  const number = reading(metrics);
  const updated = ['policyGradNorm', 'criticGradNorm', 'logprobGapMean'].flatMap((name) => {
    const norm = number(name);
    if (norm === undefined || norm <= 0) return [];
    const { count, meanLog } = norms[name] ?? { count: 0, meanLog: Math.log(norm) };
    return [
      [
        name,
        { count: count + 1, meanLog: meanLog + Math.max(newest, 1 / (count + 1)) * (Math.log(norm) - meanLog) },
      ] as const,
    ];
  });
  return {
    entropyPeak: Math.max(entropyPeak, number('entropy') ?? 0),
    norms: { ...norms, ...Object.fromEntries(updated) },
    incidents: (number('rewardPool.timeouts') ?? 0) + (number('rewardPool.crashes') ?? 0),
  };
}

/** Reads one number by name or by `name.part`; undefined for what is absent or null. */
function reading(metrics: Metrics): (path: string) => number | undefined {
  return (path) => {
    const dot = path.indexOf('.');
    const value: MetricValue | undefined =
      dot < 0
        ? metrics[path]
        : (metrics[path.slice(0, dot)] as Readonly<Record<string, number>> | undefined)?.[path.slice(dot + 1)];
    return typeof value === 'number' ? value : undefined;
  };
}
