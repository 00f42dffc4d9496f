import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { Storage } from '../../core/contracts/storage.js';
import { OrzError } from '../../core/errors.js';
import { rolloutFolder } from '../../core/rollouts/rollout-files.js';
import { createFolderStorage } from '../platform/storage.js';
import { isLocked } from '../run/lock.js';
import type { MetricsUpdate, Rollout, RolloutFileInfo, RunInfo } from './shared/data.js';
import { parseLines } from './shared/json-lines.js';

/** Reads a run folder, also while the run writes to it. */
export interface RunReader {
  info(): Promise<RunInfo>;
  /** Records from byte `from` on; see {@link MetricsUpdate}. `seen` is the last iteration the reader knows, 0 for none. */
  metrics(from: number, seen: number): Promise<MetricsUpdate>;
  /** In order of iteration. */
  rolloutFiles(): Promise<readonly RolloutFileInfo[]>;
  /** The compressed content of a file of the listing; undefined for any other name. */
  rolloutContent(file: string): Promise<Uint8Array | undefined>;
}

const metricsFile = 'metrics.jsonl';
/** Most bytes of metrics in one answer; the rest comes with the next. */
const portion = 8 * 2 ** 20;

/** Throws ORZ_DATA_MISSING for a folder that holds no run. */
export async function openRun(folder: string): Promise<RunReader> {
  const path = resolve(folder);
  const found = await Promise.all(
    ['config.json', metricsFile].map((file) =>
      stat(join(path, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!found.includes(true)) {
    throw new OrzError('ORZ_DATA_MISSING', `There is no run in ${path}`, {
      value: folder,
      allowed: 'a folder with the config.json of a run',
      origin: 'RUN_DIR',
      remedy: 'Name the folder that orz-train printed when it started, for example runs/orz-tiny-….',
    });
  }
  const storage = createFolderStorage(path);
  return {
    info: () => readInfo(storage, path),
    metrics: (from, seen) => readMetrics(storage, from, seen),
    rolloutFiles: () => listRollouts(storage),
    rolloutContent: async (file) =>
      (await listRollouts(storage)).some((known) => known.file === file)
        ? storage.read(rolloutFolder + file)
        : undefined,
  };
}

/** A file of responses that unpacks to more was not written by a run. */
const mostUnpacked = 2 ** 30;

/** Responses of a compressed file, the header taken off. Throws ORZ_DATA_MALFORMED for anything else. */
export function decodeRollouts(content: Uint8Array, origin: string): readonly Rollout[] {
  try {
    const [header, ...rollouts] = parseLines<Rollout & { readonly format?: string; readonly version?: number }>(
      gunzipSync(content, { maxOutputLength: mostUnpacked }),
    ).records;
    if (header?.format !== 'orz-rollouts' || header.version !== 1)
      throw new Error('its first line is no header of version 1');
    return rollouts;
  } catch (cause) {
    throw new OrzError('ORZ_DATA_MALFORMED', `${origin} is no file of responses: ${(cause as Error).message}`, {
      origin,
      cause,
      remedy: 'Remove the file if it is damaged; the rest of the run can be read without it.',
    });
  }
}

interface ReadConfig {
  readonly seed?: unknown;
  readonly iterations?: unknown;
  readonly rolloutBatchSize?: unknown;
  readonly samplesPerPrompt?: unknown;
  readonly [slot: string]: unknown;
}

async function readInfo(storage: Storage, path: string): Promise<RunInfo> {
  const content = await storage.read('config.json');
  const config = content === undefined ? {} : parseConfig(content);
  const finished = (await storage.size('summary.json')) !== undefined;
  return {
    name: basename(path),
    folder: path,
    state: (await isLocked(path)) ? 'running' : finished ? 'finished' : 'unfinished',
    ...(typeof config.iterations === 'number' && { iterations: config.iterations }),
    facts: factsOf(config),
  };
}

/** Settings of a run are shown, not used: a file that is torn or not ours shows nothing. */
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
    [
      'prompts × samples',
      typeof config.rolloutBatchSize === 'number' && typeof config.samplesPerPrompt === 'number'
        ? `${config.rolloutBatchSize} × ${config.samplesPerPrompt}`
        : undefined,
    ],
    ['advantage', typeOf('advantage')],
    ['KL', typeOf('kl')],
    ['backend', typeOf('backend')],
  ];
  return facts
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([label, value]) => [label, String(value)]);
}

async function readMetrics(storage: Storage, from: number, seen: number): Promise<MetricsUpdate> {
  const size = (await storage.size(metricsFile)) ?? 0;
  if (from === size) return { records: [], next: from, restarted: false };
  if (from < size) {
    const update = await readPortion(storage, from);
    const first = update?.records[0]?.['iteration'];
    if (update !== undefined && (from === 0 || first === undefined || Number(first) > seen))
      return { ...update, restarted: false };
  }
  // Shorter than it was, or other lines at this place: it was cut back and written on.
  return { ...((await readPortion(storage, 0)) ?? { records: [], next: 0 }), restarted: true };
}

/** Undefined if `from` is not the beginning of a line any more. At the beginning of the file a bad line is an error. */
async function readPortion(storage: Storage, from: number): Promise<{ records: Metrics[]; next: number } | undefined> {
  const content = (await storage.read(metricsFile, from, from + portion)) ?? new Uint8Array();
  try {
    const { records, bytes } = parseLines<Metrics>(content);
    return { records, next: from + bytes };
  } catch (cause) {
    if (from > 0) return undefined;
    throw new OrzError('ORZ_DATA_MALFORMED', `A line of ${metricsFile} is no JSON: ${(cause as Error).message}`, {
      origin: `${storage.location}/${metricsFile}`,
      cause,
      remedy: 'Remove the damaged line; each line is one iteration.',
    });
  }
}

const rolloutName = /^(\d{6,12})\.(?:train|evaluation-([\w.%-]+))\.jsonl\.gz$/;

async function listRollouts(storage: Storage): Promise<RolloutFileInfo[]> {
  const names = (await storage.list(rolloutFolder)).map((path) => path.slice(rolloutFolder.length));
  const files = await Promise.all(
    names.map(async (file): Promise<RolloutFileInfo[]> => {
      const match = rolloutName.exec(file);
      const bytes = match && (await storage.size(rolloutFolder + file));
      return match && typeof bytes === 'number'
        ? [{ file, iteration: Number(match[1]), ...(match[2] !== undefined && { set: decodeName(match[2]) }), bytes }]
        : [];
    }),
  );
  return files.flat();
}

/** A name that was not encoded by us is shown as it is. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
