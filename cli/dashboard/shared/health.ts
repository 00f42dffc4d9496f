import type { Metrics } from '../../../core/contracts/platform.js';
import { examineHealth, healthyStart, type HealthState } from '../../../core/train/health.js';
import type { RunWarning } from './data.js';

/** What the metrics of a run warn of. */
export interface RunHealth {
  readonly state: HealthState;
  /** Those that hold now, each with the iteration that raised it, by rule. */
  readonly byRule: Readonly<Record<string, RunWarning>>;
}

export const noWarnings: RunHealth = { state: healthyStart, byRule: {} };

/** Goes on with more iterations. */
export function examine(health: RunHealth, records: readonly Metrics[]): RunHealth {
  let { state, byRule } = health;
  for (const record of records) {
    const report = examineHealth(state, record);
    state = report.state;
    const raised = report.raised.map(({ rule, message, advice }) => [rule, { message, advice, iteration: Number(record['iteration']) }] as const);
    byRule = Object.fromEntries([...Object.entries(byRule).filter(([rule]) => rule in report.active), ...raised]);
  }
  return { state, byRule };
}
