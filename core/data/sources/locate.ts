import type { Platform } from '../../contracts/platform.js';
import type { RunEvents } from '../../contracts/run-events.js';
import type { DataFile } from '../files/data-file.js';
import { selectDatasetFiles } from '../dataset-files.js';
import { contradictorySetting, filesUnavailable, hubUnavailable, missingFiles, type MissingFile } from './errors.js';
import type { FileSource } from './settings.js';

/** A source with its name and the setting that states it. */
export interface NamedSource<S extends FileSource = FileSource> {
  readonly source: S;
  readonly name: string;
  /** For example `data.train.0`. */
  readonly origin: string;
  /** Of a dataset on the hub, if the source names none. */
  readonly split: 'train' | 'test';
}

/** What of the host environment is needed to reach files. */
export type FileHost = Pick<Platform, 'localFiles' | 'fetchRepository'>;

/**
 * The files of one source, those of the hub fetched. Throws ORZ_CAPABILITY where the platform has no files or no hub,
 * and what fetching and choosing the files throw.
 */
export async function locateFiles(
  { source, origin, split }: NamedSource,
  { localFiles, fetchRepository }: FileHost,
  events: RunEvents,
): Promise<DataFile[]> {
  const { path, hub, revision } = source;
  if (path !== undefined) {
    if (localFiles === undefined) throw filesUnavailable(`${origin}.path`, path);
    return [{ folder: localFiles, name: path, label: path }];
  }
  if (hub === undefined) return [];
  if (fetchRepository === undefined) throw hubUnavailable(`${origin}.hub`, hub);
  const { folder, files } = await fetchRepository({
    type: 'dataset',
    name: hub,
    events,
    ...(revision !== undefined && { revision }),
    select: (paths) => selectDatasetFiles(paths, source, split, origin),
  });
  return files.map((name) => ({ folder, name, label: `${hub}/${name}` }));
}

/** Throws ORZ_DATA_MISSING with all local files that do not exist. */
export async function requireLocalFiles(sources: readonly NamedSource[], { localFiles }: FileHost): Promise<void> {
  const missing: MissingFile[] = [];
  for (const { source, origin } of sources) {
    const { path } = source;
    if (path === undefined || localFiles === undefined || (await localFiles.size(path)) !== undefined) continue;
    missing.push({ path, absolutePath: localFiles.absolute(path), origin });
  }
  if (missing.length > 0) throw missingFiles(missing);
}

const hubSettings = ['revision', 'config', 'split', 'files'] as const;

/** Throws ORZ_CONFIG_INVALID for settings of a source that contradict each other. */
export function checkSource({ source, origin }: NamedSource): void {
  if ((source.path === undefined) === (source.hub === undefined))
    throw contradictorySetting(`${origin}.path`, source.path, 'either a path or a name on the hub');
  const hubOnly = source.hub === undefined ? hubSettings.find((key) => source[key] !== undefined) : undefined;
  if (hubOnly !== undefined)
    throw contradictorySetting(`${origin}.${hubOnly}`, source[hubOnly], 'nothing: it is for a dataset on the hub');
  if (source.files !== undefined && (source.config ?? source.split) !== undefined)
    throw contradictorySetting(`${origin}.files`, source.files, 'files, or config and split');
  if (source.form !== undefined && source.fields !== undefined)
    throw contradictorySetting(`${origin}.form`, source.form, 'form or fields, not both');
}
