import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { Storage } from '../../core/contracts/storage.js';
import { isOrzError } from '../../core/errors.js';
import type { Continuation } from '../../core/train/state/resume.js';
import { readMetrics } from '../dashboard/read-metrics.js';
import { evenly } from '../dashboard/shared/evenly.js';
import type { RunHistory } from './messages.js';

/** Most records that are handed on: more than a terminal can show. */
const maxRecords = 2000;

/**
 * What a run has done up to the checkpoint from which it continues, for whoever shows it. Without readable metrics the
 * numbers of the checkpoint remain. A run that starts over has done nothing.
 */
export async function readHistory(
  storage: Storage,
  continuation: Exclude<Continuation, { readonly kind: 'finished' }>,
): Promise<RunHistory> {
  if (continuation.kind === 'start over') return { iteration: 0, seconds: 0, metrics: [] };
  const { iteration, seconds } = continuation.checkpoint.state;
  return { iteration, seconds, metrics: evenly(await readRecords(storage), maxRecords) };
}

async function readRecords(storage: Storage): Promise<Metrics[]> {
  const records: Metrics[] = [];
  try {
    for (let from = 0; ;) {
      const portion = await readMetrics(storage, from, 0);
      if (portion.next === from) return records;
      records.push(...portion.records);
      from = portion.next;
    }
  } catch (error) {
    // Metrics that cannot be read: who needs them says so; a view can do without.
    if (isOrzError(error)) return records;
    throw error;
  }
}
