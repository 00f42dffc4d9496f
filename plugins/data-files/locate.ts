import { resolve } from 'node:path';
import type { Platform } from '../../core/contracts/platform.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { DataFile } from '../../core/data/data-file.js';
import { selectDatasetFiles } from '../../core/data/dataset-files.js';
import { hubUnavailable, missingFiles, type MissingFile } from './errors.js';
import { localFiles } from './local-folder.js';
import type { FileSource } from './settings.js';

/** A source with its name and the setting that states it. */
export interface NamedSource {
  readonly source: FileSource;
  readonly name: string;
  /** For example `data.train.0`. */
  readonly origin: string;
  /** Of a dataset on the hub, if the source names none. */
  readonly split: 'train' | 'test';
}

/**
 * The files of one source, those of the hub fetched. Throws ORZ_CAPABILITY where the platform has no hub, and what
 * fetching and choosing the files throw.
 */
export async function locateFiles(
  { source, origin, split }: NamedSource,
  platform: Platform,
  events: RunEvents,
): Promise<DataFile[]> {
  const { path, hub, revision } = source;
  if (path !== undefined) return [{ folder: localFiles, name: path, label: path }];
  if (hub === undefined) return [];
  if (platform.fetchRepository === undefined) throw hubUnavailable(`${origin}.hub`, hub);
  const { folder, files } = await platform.fetchRepository({
    type: 'dataset',
    name: hub,
    events,
    ...(revision !== undefined && { revision }),
    select: (paths) => selectDatasetFiles(paths, source, split, origin),
  });
  return files.map((name) => ({ folder, name, label: `${hub}/${name}` }));
}

/** Throws ORZ_DATA_MISSING with all local files that do not exist. */
export async function requireLocalFiles(sources: readonly NamedSource[]): Promise<void> {
  const missing: MissingFile[] = [];
  for (const { source, origin } of sources) {
    const { path } = source;
    if (path === undefined || (await localFiles.size(path)) !== undefined) continue;
    missing.push({ path, absolutePath: resolve(path), origin });
  }
  if (missing.length > 0) throw missingFiles(missing);
}
