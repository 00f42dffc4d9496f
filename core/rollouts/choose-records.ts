import type { RolloutRecord } from '../contracts/metric-sink.js';

/**
 * Whole groups from the first on, as long as neither limit is passed. Problems are shuffled, so the first are as good a sample
 * as any, and nothing random is drawn. A first group that is too large is cut; at least one response stays.
 */
export function chooseRecords(
  records: readonly RolloutRecord[],
  limit: { readonly responses: number; readonly maxTokens: number },
): readonly RolloutRecord[] {
  let [end, whole, tokens] = [0, 0, 0];
  for (; end < Math.min(records.length, limit.responses); end++) {
    tokens += records[end]!.rollout.responseTokens.length;
    if (tokens > limit.maxTokens) break;
    if (records[end + 1]?.group !== records[end]!.group) whole = end + 1;
  }
  return records.slice(0, whole > 0 ? whole : Math.min(limit.responses, Math.max(1, end)));
}
