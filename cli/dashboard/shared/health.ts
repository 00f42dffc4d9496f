import type { Metrics } from '../../../core/contracts/metric-sink.js';
import { examineHealth, healthyStart, type HealthState } from '../../../core/train/diagnostics/health.js';
import type { RunWarning } from './data.js';

/** The warnings that follow from the metrics of a run. */
export interface RunHealth {
  readonly state: HealthState;
  /** The active ones, each with the iteration that raised it. */
  readonly warnings: readonly RunWarning[];
}

export const noWarnings: RunHealth = { state: healthyStart, warnings: [] };

/** The health after more iterations. */
export function examine(health: RunHealth, records: readonly Metrics[]): RunHealth {
  let { state, warnings } = health;
  for (const record of records) {
    const report = examineHealth(state, record);
    state = report.state;
    warnings = [
      ...warnings.filter(({ rule }) => rule in report.active),
      ...report.raised.map((raised) => ({ ...raised, iteration: Number(record['iteration']) })),
    ];
  }
  return { state, warnings };
}
