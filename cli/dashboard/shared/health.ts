import type { Metrics } from '../../../core/contracts/platform.js';
import { examineHealth, healthyStart, type HealthState } from '../../../core/train/health.js';
import type { RunWarning } from './data.js';

/** What the metrics of a run raised so far. */
export interface RunHealth {
  readonly state: HealthState;
  /** Of the last iteration that raised any. */
  readonly warnings: readonly RunWarning[];
}

export const noWarnings: RunHealth = { state: healthyStart, warnings: [] };

/** Goes on with more iterations. */
export function examine(health: RunHealth, records: readonly Metrics[]): RunHealth {
  let { state, warnings } = health;
  for (const record of records) {
    const report = examineHealth(state, record);
    state = report.state;
    if (report.raised.length > 0) warnings = report.raised.map(({ message, advice }) => ({ message, advice, iteration: Number(record['iteration']) }));
  }
  return { state, warnings };
}
