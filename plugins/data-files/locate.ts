import { resolve } from 'node:path';
import type { Platform } from '../../core/contracts/platform.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { DataFile } from '../../core/data/data-file.js';
import { selectDatasetFiles } from '../../core/data/dataset-files.js';
import { OrzError } from '../../core/errors.js';
import { localFiles } from './local-folder.js';
import type { FileSource } from './settings.js';

/** A source with its name and the setting it stands in. */
export interface NamedSource {
  readonly source: FileSource;
  readonly name: string;
  /** For example `data.train.0`. */
  readonly origin: string;
  /** Of a dataset on the hub, if the source names none. */
  readonly split: 'train' | 'test';
}

/**
 * The files of every source, those of the hub fetched. Throws ORZ_DATA_MISSING with all local files that are not there at once, since they are usually missing together,
 * before anything is fetched.
 */
export async function locateFiles(
  sources: readonly NamedSource[],
  platform: Platform,
  events: RunEvents,
): Promise<DataFile[][]> {
  await requireFiles(sources.filter(({ source }) => source.path !== undefined));
  const located: DataFile[][] = [];
  for (const each of sources) {
    const { path } = each.source;
    located.push(
      path === undefined ? await fetchFiles(each, platform, events) : [{ folder: localFiles, name: path, label: path }],
    );
  }
  return located;
}

async function requireFiles(sources: readonly NamedSource[]): Promise<void> {
  const sizes = await Promise.all(sources.map(({ source }) => localFiles.size(source.path!)));
  const missing = sources.filter((_, i) => sizes[i] === undefined);
  if (missing.length === 0) return;
  throw new OrzError(
    'ORZ_DATA_MISSING',
    `There is no file ${missing.map(({ source }) => resolve(source.path!)).join(', nor ')}`,
    {
      value: missing.map(({ source }) => source.path),
      origin: missing.map(({ origin }) => origin).join(', '),
      remedy: `${missing.some(({ origin }) => origin.startsWith('data.evaluation')) ? `To do without a held-out set: --set ${missing.find(({ origin }) => origin.startsWith('data.evaluation'))!.origin}=null. ` : ''}Give paths relative to the current folder. The files of Open-Reasoner-Zero are in the folder data of github.com/Open-Reasoner-Zero/Open-Reasoner-Zero; docs/data.md says how to run with other files.`,
    },
  );
}

async function fetchFiles(
  { source, origin, split }: NamedSource,
  platform: Platform,
  events: RunEvents,
): Promise<DataFile[]> {
  const { hub, revision } = source;
  if (platform.fetchDataset === undefined)
    throw new OrzError('ORZ_CAPABILITY', `${origin}.hub needs the hub, which cannot be reached from here`, {
      value: hub,
      origin: `${origin}.hub`,
      remedy: 'Give a path.',
    });
  const { folder, files } = await platform.fetchDataset({
    name: hub!,
    events,
    ...(revision !== undefined && { revision }),
    select: (paths) => selectDatasetFiles(paths, source, split, origin),
  });
  return files.map((name) => ({ folder, name, label: `${hub}/${name}` }));
}
