import type { RolloutRecord } from '../contracts/metric-sink.js';

/**
 * Whole groups from the first on, as long as neither limit is passed. Problems are shuffled, so the first are as good a
 * sample as any, and nothing random is drawn. A first group that is too large is cut; at least one response stays.
 */
export function chooseRecords(
  records: readonly RolloutRecord[],
  limit: { readonly responses: number; readonly maxTokens: number },
): readonly RolloutRecord[] {
  // Records that fit, and how many of them make complete groups.
  let fitting = 0;
  let complete = 0;
  let tokens = 0;
  for (const { rollout, group } of records.slice(0, limit.responses)) {
    tokens += rollout.responseTokens.length;
    if (tokens > limit.maxTokens) break;
    fitting++;
    if (records[fitting]?.group !== group) complete = fitting;
  }
  return records.slice(0, complete > 0 ? complete : Math.min(limit.responses, Math.max(1, fitting)));
}
