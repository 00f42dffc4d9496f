import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { Storage } from '../../core/contracts/storage.js';
import { baseRecord } from '../../core/train/metrics/iteration-metrics.js';
import { readBaseEvaluation } from '../../core/train/state/base-evaluation.js';
import type { MetricsUpdate } from './shared/data.js';
import { parseSoundLines } from './shared/json-lines.js';

export const metricsFile = 'metrics.jsonl';
/** Maximum bytes of metrics per call; the rest comes with the next. */
const portionBytes = 8 * 2 ** 20;

/**
 * Records of a run from byte `from` on, the evaluation before training first as iteration 0; `seen` is the last
 * iteration known to the caller, 0 if none.
 */
export const readMetrics = async (storage: Storage, from: number, seen: number): Promise<MetricsUpdate> =>
  withBase(storage, from, await readFile(storage, from, seen));

/** Where the records begin, the evaluation before training comes first: curves of held-out reward begin with it. */
async function withBase(storage: Storage, from: number, update: MetricsUpdate): Promise<MetricsUpdate> {
  const begins = (from === 0 || update.restarted) && update.records.length > 0;
  const base = begins ? await readBaseEvaluation(storage) : undefined;
  return base === undefined ? update : { ...update, records: [baseRecord(base.before.reports), ...update.records] };
}

async function readFile(storage: Storage, from: number, seen: number): Promise<MetricsUpdate> {
  const size = (await storage.size(metricsFile)) ?? 0;
  if (from === size) return { records: [], next: from, restarted: false };
  if (from > 0 && from < size) {
    const { beginsDamaged, ...update } = await readPortion(storage, from);
    const first = update.records[0]?.['iteration'];
    // A portion that holds no whole line yet may be as it should.
    if (update.next === from || (!beginsDamaged && (first === undefined || Number(first) > seen)))
      return { ...update, restarted: false };
  }
  // Shorter than it was, or with other lines at this offset: it was truncated and continued.
  const { beginsDamaged: _, ...all } = await readPortion(storage, 0);
  return { ...all, restarted: from > 0 };
}

interface Portion extends Omit<MetricsUpdate, 'restarted' | 'warnings'> {
  /** Whether `from` may be no longer the beginning of a line. */
  readonly beginsDamaged: boolean;
}

async function readPortion(storage: Storage, from: number): Promise<Portion> {
  const content = (await storage.read(metricsFile, from, from + portionBytes)) ?? new Uint8Array();
  const { records, bytes, damaged, beginsDamaged } = parseSoundLines<Metrics>(content);
  return { records, next: from + bytes, beginsDamaged, ...(damaged > 0 && { damaged }) };
}
