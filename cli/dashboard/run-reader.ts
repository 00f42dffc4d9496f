import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { Storage } from '../../core/contracts/storage.js';
import { rolloutFolder } from '../../core/rollouts/rollout-files.js';
import { baseRecord } from '../../core/train/metrics/iteration-metrics.js';
import { readBaseEvaluation } from '../../core/train/state/base-evaluation.js';
import { createFolderStorage } from '../platform/storage.js';
import { isLocked } from '../run/lock.js';
import { noRunIn } from './errors.js';
import type { MetricsUpdate, RolloutFileInfo, RunInfo } from './shared/data.js';
import { parseSoundLines } from './shared/json-lines.js';

/** Reads a run folder, even while the run writes to it. */
export interface RunReader {
  info(): Promise<RunInfo>;
  /** The settings of the run; {} if they cannot be read. */
  config(): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Records from byte `from` on, the evaluation before training first as iteration 0; see {@link MetricsUpdate}. `seen`
   * is the last iteration known to the caller, 0 if none.
   */
  metrics(from: number, seen: number): Promise<MetricsUpdate>;
  /** In order of iteration. */
  rolloutFiles(): Promise<readonly RolloutFileInfo[]>;
  /** The compressed content of a listed file; undefined for any other name. */
  rolloutContent(file: string): Promise<Uint8Array | undefined>;
}

const metricsFile = 'metrics.jsonl';
/** Maximum bytes of metrics per call; the rest comes with the next. */
const portionBytes = 8 * 2 ** 20;

/** Throws ORZ_DATA_MISSING for a folder without a run. */
export async function openRun(folder: string): Promise<RunReader> {
  const path = resolve(folder);
  const found = await Promise.all(['config.json', metricsFile, 'checkpoints'].map((file) => exists(join(path, file))));
  if (!found.includes(true)) throw noRunIn(path, folder);
  const storage = createFolderStorage(path);
  return {
    info: () => readInfo(storage, path),
    config: () => readConfig(storage),
    metrics: async (from, seen) => withBase(storage, from, await readMetrics(storage, from, seen)),
    rolloutFiles: () => listRollouts(storage),
    rolloutContent: async (file) => {
      const listed = (await listRollouts(storage)).some((known) => known.file === file);
      return listed ? storage.read(rolloutFolder + file) : undefined;
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

interface ReadConfig {
  readonly seed?: unknown;
  readonly iterations?: unknown;
  readonly rolloutBatchSize?: unknown;
  readonly samplesPerPrompt?: unknown;
  readonly [slot: string]: unknown;
}

async function readInfo(storage: Storage, path: string): Promise<RunInfo> {
  const config = await readConfig(storage);
  return {
    name: basename(path),
    folder: path,
    state: await stateOf(storage, path),
    ...(typeof config.iterations === 'number' && { iterations: config.iterations }),
    facts: factsOf(config),
  };
}

async function readConfig(storage: Storage): Promise<ReadConfig> {
  const content = await storage.read('config.json');
  return content === undefined ? {} : parseConfig(content);
}

async function stateOf(storage: Storage, path: string): Promise<RunInfo['state']> {
  if (await isLocked(path)) return 'running';
  return (await storage.size('summary.json')) === undefined ? 'unfinished' : 'finished';
}

/** The settings are shown, not used: of a file that is incomplete or not ours, nothing is shown. */
function parseConfig(content: Uint8Array): ReadConfig {
  try {
    const config = JSON.parse(new TextDecoder().decode(content)) as unknown;
    return typeof config === 'object' && config !== null ? (config as ReadConfig) : {};
  } catch {
    return {};
  }
}

function factsOf(config: ReadConfig): [string, string][] {
  const typeOf = (slot: string): unknown => (config[slot] as { type?: unknown } | undefined)?.type;
  const facts: [string, unknown][] = [
    ['model', (config['model'] as { path?: unknown } | undefined)?.path ?? typeOf('model')],
    ['data', typeOf('data')],
    ['seed', config.seed],
    ['prompts × samples', batchOf(config)],
    ['advantage', typeOf('advantage')],
    ['KL', typeOf('kl')],
    ['backend', typeOf('backend')],
  ];
  return facts
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([label, value]) => [label, String(value)]);
}

function batchOf({ rolloutBatchSize, samplesPerPrompt }: ReadConfig): string | undefined {
  if (typeof rolloutBatchSize !== 'number' || typeof samplesPerPrompt !== 'number') return undefined;
  return `${rolloutBatchSize} × ${samplesPerPrompt}`;
}

/** Where the records begin, the evaluation before training comes first: curves of held-out reward begin with it. */
async function withBase(storage: Storage, from: number, update: MetricsUpdate): Promise<MetricsUpdate> {
  const begins = (from === 0 || update.restarted) && update.records.length > 0;
  const base = begins ? await readBaseEvaluation(storage) : undefined;
  return base === undefined ? update : { ...update, records: [baseRecord(base.before.reports), ...update.records] };
}

async function readMetrics(storage: Storage, from: number, seen: number): Promise<MetricsUpdate> {
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

const rolloutName = /^(\d{6,12})\.(?:train|evaluation-([\w.%-]+))\.jsonl\.gz$/;

async function listRollouts(storage: Storage): Promise<RolloutFileInfo[]> {
  const names = (await storage.list(rolloutFolder)).map((path) => path.slice(rolloutFolder.length));
  const files = await Promise.all(
    names.map(async (file): Promise<RolloutFileInfo[]> => {
      const [matched, iteration, set] = rolloutName.exec(file) ?? [];
      const bytes = matched === undefined ? undefined : await storage.size(rolloutFolder + file);
      if (bytes === undefined) return []; // Of another kind, or removed meanwhile.
      return [{ file, iteration: Number(iteration), ...(set !== undefined && { set: decodeName(set) }), bytes }];
    }),
  );
  return files.flat();
}

/** A name that we did not encode is shown as it is. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
