import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Storage } from '../../core/contracts/storage.js';
import { rolloutFolder } from '../../core/rollouts/rollout-files.js';
import { createFolderStorage } from '../platform/storage.js';
import { isLocked } from '../run/lock.js';
import { noRunIn } from './errors.js';
import { metricsFile, readMetrics } from './read-metrics.js';
import type { MetricsUpdate, RolloutFileInfo, RunInfo } from './shared/data.js';

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

/** Throws ORZ_DATA_MISSING for a folder without a run. */
export async function openRun(folder: string): Promise<RunReader> {
  const path = resolve(folder);
  const found = await Promise.all(['config.json', metricsFile, 'checkpoints'].map((file) => exists(join(path, file))));
  if (!found.includes(true)) throw noRunIn(path, folder);
  const storage = createFolderStorage(path);
  return {
    info: () => readInfo(storage, path),
    config: () => readConfig(storage),
    metrics: (from, seen) => readMetrics(storage, from, seen),
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
