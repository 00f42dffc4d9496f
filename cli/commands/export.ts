import { lstat, readdir, realpath, rmdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Storage } from '../../core/contracts/storage.js';
import type { UnknownConfigKeys } from '../../core/contracts/model-source.js';
import { sizeOf } from '../../core/compute/tensor/types.js';
import { convertModelFolder } from '../../core/model-files/convert-model-folder.js';
import { checkpointFolder } from '../../core/train/state/checkpoint-names.js';
import type { ReadingOptions } from '../../core/model-files/model-folder.js';
import { savePeftAdapter } from '../../core/model-files/peft-adapter.js';
import type { Announced } from '../../core/model-files/safetensors.js';
import type { ExportOptions } from '../../core/model-files/save-model-folder.js';
import { weightTypes, type WeightType } from '../../core/model-files/number-formats.js';
import { formatBytes, formatCount } from '../../core/plan/units.js';
import { createFolderStorage } from '../platform/storage.js';
import { openUserFolder } from '../platform/user-folder.js';
import { exitCodes } from '../report-error.js';
import { namedOrNewest } from '../run/default-run.js';
import { isRun } from '../run/run-folder.js';
import { latestRun, openSavedModel, type SavedModel } from '../run/saved-model.js';
import { printable } from '../terminal/format.js';
import { badFlag, exportIntoRun, exportTargetExists, modelAtEngine, noAdapter, noModelFolder } from './errors.js';

export interface ExportFlags {
  readonly runDir?: string;
  readonly model?: string;
  readonly critic?: boolean;
  readonly adapter?: boolean;
  readonly dtype: string;
  readonly maxShardSize: string;
  readonly set?: readonly string[];
}

/**
 * `orz-train export`: the newest model of a run (or any model folder) as a Hugging Face folder in the dtype asked for,
 * or its adapters in the form of PEFT. Returns the exit code.
 */
export async function exportModel(target: string, flags: ExportFlags): Promise<number> {
  const dtype = parseDtype(flags.dtype);
  const maxShardBytes = parseSize(flags.maxShardSize);
  const unknownKeys = parseSettings(flags.set ?? []);
  const path = resolve(target);
  await requireFree(path);
  await requireOutsideCheckpoints(path);
  const name = basename(path);
  const storage = storageBeside(path);
  const source = await openSource(flags);
  const writing = flags.adapter
    ? exportAdapter(source, storage, name, dtype)
    : exportWhole(source, storage, name, { dtype, maxShardBytes, unknownKeys });
  const { role, parameters } = await writing.finally(source.close);
  const files = await storage.list(`${name}/`);
  let bytes = 0;
  for (const file of files) bytes += (await storage.size(file)) ?? 0;
  const content = `${role}, ${formatCount(parameters)} parameters in ${dtype}`;
  process.stdout.write(`${path}  ${content}, ${files.length} files, ${formatBytes(bytes)}\n`);
  return exitCodes.ok;
}

/** Of a run or a folder; which iteration it is of does not matter. */
type Source = Omit<SavedModel, 'iteration'>;

type Exported = { readonly role: string; readonly parameters: number };

async function exportWhole(
  source: Source,
  storage: Storage,
  name: string,
  options: ExportOptions & Pick<ReadingOptions, 'unknownKeys'>,
): Promise<Exported> {
  if (source.atEngine) throw modelAtEngine(source.reference);
  const warn = (message: string): void => {
    process.stderr.write(`${printable(message)}\n`);
  };
  return convertModelFolder(source.folder, storage, name, { ...options, warn });
}

async function exportAdapter(
  { adapter, folder }: Source,
  storage: Storage,
  name: string,
  dtype: WeightType,
): Promise<Exported> {
  if (!adapter) throw noAdapter(folder.location);
  await savePeftAdapter(storage, name, adapter, dtype);
  return { role: `adapters of the ${adapter.role}`, parameters: countNumbers(adapter.shapes) };
}

const countNumbers = (shapes: readonly Announced[]): number => shapes.reduce((n, { shape }) => n + sizeOf(shape), 0);

async function openSource(flags: ExportFlags): Promise<Source> {
  const { model, runDir, critic = false, adapter = false } = flags;
  if (model === undefined) return openSavedModel(await namedOrNewest(runDir, latestRun), critic ? 'critic' : 'policy');
  if (runDir !== undefined || critic || adapter)
    throw badFlag('--model', model, 'alone, without --run-dir, --critic and --adapter: a folder holds one model');
  const folder = await openUserFolder(model);
  if (folder === undefined) throw noModelFolder(model);
  return { folder, atEngine: false, close: () => Promise.resolve() };
}

function parseDtype(name: string): WeightType {
  const found = weightTypes.find((type) => type === name);
  if (found) return found;
  throw badFlag('--dtype', name, weightTypes.join(', '));
}

const settings: ReadonlyMap<string, UnknownConfigKeys> = new Map([
  ['model.unknownConfigKeys=error', 'error'],
  ['model.unknownConfigKeys=warn', 'warn'],
]);

/** The one setting that matters here, as it is written for every command; the last one wins. */
function parseSettings(texts: readonly string[]): UnknownConfigKeys | undefined {
  const wrong = texts.find((text) => !settings.has(text));
  if (wrong !== undefined) throw badFlag('--set', wrong, [...settings.keys()].join(' or '));
  return settings.get(texts.at(-1) ?? '');
}

const units: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
]);

/** Bytes of a size such as `5GB`. */
function parseSize(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?(|kB|MB|GB)$/.exec(text) ?? [];
  const bytes = Number(amount) * (units.get(unit) ?? NaN);
  if (bytes >= 1) return bytes;
  throw badFlag('--max-shard-size', text, 'a number above 0 with kB, MB or GB, for example 5GB');
}

/** Nothing of the user's is ever replaced. */
async function requireFree(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined); // What is wrong with the folder above, writing will say.
  if (found === undefined) return;
  if (!found.isDirectory() || (await readdir(path)).length > 0) throw exportTargetExists(path);
}

/** The folder above the target, where the export is written under another name. */
function storageBeside(path: string): Storage {
  const storage = createFolderStorage(dirname(path));
  return {
    ...storage,
    rename: async (from, to) => {
      await removeEmpty(path);
      await storage.rename(from, to);
    },
  };
}

/** An empty folder gives its name to the export, but only to one that is complete. */
async function removeEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw exportTargetExists(path);
  }
}

/** A run takes whatever lies among its checkpoints for one of them. */
async function requireOutsideCheckpoints(path: string): Promise<void> {
  const above = dirname(path);
  const real = await realpath(above).catch(() => above);
  for (let folder = real; folder !== dirname(folder); folder = dirname(folder))
    if (basename(folder) === checkpointFolder && isRun(await readdir(dirname(folder)))) throw exportIntoRun(path);
}
