import type { Metrics } from '../../../core/contracts/metric-sink.js';
import { examineHealth, healthyStart, type HealthState } from '../../../core/train/diagnostics/health.js';
import type { RunWarning } from './data.js';

/** The warnings that follow from the metrics of a run. */
export interface RunHealth {
  readonly state: HealthState;
  /** The active ones, each with the iteration that raised it. */
  readonly warnings: readonly RunWarning[];
  /** Lines of metrics that could not be read. */
  readonly damaged: number;
}

export const noWarnings: RunHealth = { state: healthyStart, warnings: [], damaged: 0 };

/** What a user is told: the active warnings, and that metrics are missing. */
export function shownWarnings({ warnings, damaged }: RunHealth): readonly RunWarning[] {
  if (damaged === 0) return warnings;
  const message = `Lines of metrics.jsonl that cannot be read and are left out: ${damaged}`;
  const advice = 'The file was damaged from outside; the other iterations are shown as they were recorded.';
  return [...warnings, { rule: 'damaged', message, advice, iteration: 0 }];
}

/** The health after more iterations, and lines that could not be read. */
export function examine(health: RunHealth, records: readonly Metrics[], damaged = 0): RunHealth {
  let { state, warnings } = health;
  for (const record of records) {
    if (record['iteration'] === 0) continue; // The evaluation before training is no iteration.
    const report = examineHealth(state, record);
    state = report.state;
    warnings = [
      ...warnings.filter(({ rule }) => rule in report.active),
      ...report.raised.map((raised) => ({ ...raised, iteration: Number(record['iteration']) })),
    ];
  }
  return { state, warnings, damaged: health.damaged + damaged };
}
