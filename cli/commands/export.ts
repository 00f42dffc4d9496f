import { readdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { convertModelFolder } from '../../core/model-files/convert-model-folder.js';
import { weightTypes, type WeightType } from '../../core/model-files/number-formats.js';
import type { FileFolder } from '../../core/contracts/files.js';
import { OrzError } from '../../core/errors.js';
import { formatBytes, formatCount } from '../../core/plan/units.js';
import { createDiskFolder } from '../../plugins/huggingface/disk-folder.js';
import { createFolderStorage } from '../platform/storage.js';
import { exitCodes } from '../report-error.js';
import { latestRun, savedPolicy } from '../run/saved-model.js';

export interface ExportFlags {
  readonly runDir?: string;
  readonly model?: string;
  readonly critic?: boolean;
  readonly dtype: string;
  readonly maxShardSize: string;
}

/** `orz-train export`: the newest model of a run (or any model folder) as a Hugging Face folder in the dtype asked for. Returns the exit code. */
export async function exportModel(target: string, flags: ExportFlags): Promise<number> {
  const dtype = typeOf(flags.dtype),
    maxShardBytes = sizeOf(flags.maxShardSize),
    path = resolve(target);
  await requireFree(path);
  const storage = createFolderStorage(dirname(path));
  const { role, parameters } = await convertModelFolder(await source(flags), storage, basename(path), {
    dtype,
    maxShardBytes,
  });
  const files = await storage.list(`${basename(path)}/`);
  let bytes = 0;
  for (const file of files) bytes += (await storage.size(file)) ?? 0;
  process.stdout.write(
    `${path}  ${role}, ${formatCount(parameters)} parameters in ${dtype}, ${files.length} files, ${formatBytes(bytes)}\n`,
  );
  return exitCodes.ok;
}

async function source({ model, runDir, critic = false }: ExportFlags): Promise<FileFolder> {
  if (model !== undefined) {
    if (runDir !== undefined || critic)
      throw usage('--model', model, 'alone, without --run-dir and --critic: a folder holds one model');
    return createDiskFolder(model);
  }
  const run = runDir ?? (await latestRun(process.cwd()));
  const policy = await savedPolicy(createFolderStorage(run));
  return createDiskFolder(resolve(run, critic ? `${dirname(policy)}/critic` : policy));
}

function typeOf(name: string): WeightType {
  const found = weightTypes.find((type) => type === name);
  if (found) return found;
  throw usage('--dtype', name, weightTypes.join(', '));
}

const units: Readonly<Record<string, number>> = { '': 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes of a size such as `5GB`. */
function sizeOf(text: string): number {
  const parts = /^(\d+(?:\.\d+)?) ?(|kB|MB|GB)$/.exec(text);
  const bytes = parts ? Number(parts[1]) * units[parts[2]!]! : 0;
  if (bytes >= 1) return bytes;
  throw usage('--max-shard-size', text, 'a number above 0 with kB, MB or GB, for example 5GB');
}

/** Nothing of the user's is ever replaced. */
async function requireFree(path: string): Promise<void> {
  const found = await readdir(path).catch((error: unknown) =>
    (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [path],
  );
  if (found.length === 0) return;
  throw new OrzError('ORZ_USAGE', `${path} is there already`, {
    value: path,
    allowed: 'a folder that does not exist, or an empty one',
    origin: 'export',
    remedy: 'Choose another folder, or remove this one.',
  });
}

const usage = (flag: string, value: string, allowed: string): OrzError =>
  new OrzError('ORZ_USAGE', `${flag} cannot be ${value}`, {
    value,
    allowed,
    origin: flag,
    remedy: 'See orz-train export --help',
  });
