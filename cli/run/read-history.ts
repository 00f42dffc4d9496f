import type { Metrics } from '../../core/contracts/metric-sink.js';
import { isOrzError } from '../../core/errors.js';
import type { RunState } from '../../core/train/state/state.js';
import { openRun } from '../dashboard/run-reader.js';
import { evenly } from '../dashboard/shared/evenly.js';
import type { RunHistory } from './messages.js';

/** Most records that are handed on: more than a terminal can show. */
const maxRecords = 2000;

/**
 * What the run in `folder` has done up to the checkpoint with this state, for whoever shows it. Without readable
 * metrics the numbers of the checkpoint remain.
 */
export async function readHistory(
  folder: string,
  { iteration, seconds }: Pick<RunState, 'iteration' | 'seconds'>,
): Promise<RunHistory> {
  return { iteration, seconds, metrics: evenly(await readRecords(folder), maxRecords) };
}

async function readRecords(folder: string): Promise<Metrics[]> {
  const records: Metrics[] = [];
  try {
    const run = await openRun(folder);
    for (let from = 0; ;) {
      const portion = await run.metrics(from, 0);
      if (portion.next === from) return records;
      records.push(...portion.records);
      from = portion.next;
    }
  } catch (error) {
    // No metrics yet, or none that can be read: who needs them says so; a view can do without.
    if (isOrzError(error)) return records;
    throw error;
  }
}
