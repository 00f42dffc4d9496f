import { lastOf } from '../arrays.js';
import { ambiguousFiles, noMatchingFile } from './errors.js';

/** Which files of a dataset repository a source takes. */
export interface DatasetSelection {
  /** Part of the dataset, as folders or file names say it, for example `main` of GSM8K. */
  readonly config?: string | undefined;
  /** `train`, `test` or another name in the paths of the files. */
  readonly split?: string | undefined;
  /** Paths with `*` (within a folder), `**` (across folders) and `?`; instead of config and split. */
  readonly files?: string | undefined;
}

const dataFile = /\.(parquet|jsonl|ndjson|json)$/i;
/** Files of these kinds that repositories have beside their data. */
const notData = /(^|\/)(\.[^/]*|dataset_infos?\.json|[^/]*config\.json|state\.json)$/i;
const splitNames = ['train', 'test', 'validation', 'valid', 'val', 'dev', 'eval'];

/**
 * Chooses among the paths of a dataset repository: those of the pattern, or the data files of the configuration and
 * split (by default `defaultSplit`). A repository whose paths name no split has only one, which is all of it. Throws
 * ORZ_DATA_MISSING with the files there are if none matches, and ORZ_CONFIG_INVALID if files of several folders or
 * kinds would be mixed. `origin` names the setting.
 */
export function selectDatasetFiles(
  paths: readonly string[],
  { config, split, files }: DatasetSelection,
  defaultSplit: string,
  origin: string,
): string[] {
  const dataFiles = paths.filter((path) => dataFile.test(path) && !notData.test(path));
  if (files !== undefined) {
    const pattern = globPattern(files);
    return matching(paths, (path) => pattern.test(path), { origin: `${origin}.files`, value: files });
  }
  const ofConfig =
    config === undefined
      ? dataFiles
      : matching(dataFiles, (path) => isNamed(path, config), { origin: `${origin}.config`, value: config });
  const hasSplits = ofConfig.some((path) => splitNames.some((name) => isNamed(path, name)));
  const wanted = split ?? (hasSplits ? defaultSplit : undefined);
  const chosen = matching(ofConfig, (path) => wanted === undefined || isNamed(path, wanted), {
    origin: `${origin}.split`,
    value: wanted,
  });
  requireAlike(chosen, origin);
  return chosen;
}

/** The candidates that match, at least one; `setting` is what asks for them. */
function matching(
  candidates: readonly string[],
  matches: (path: string) => boolean,
  setting: { readonly origin: string; readonly value: unknown },
): string[] {
  const chosen = candidates.filter(matches);
  if (chosen.length === 0) throw noMatchingFile(setting.origin, setting.value, candidates);
  return chosen;
}

/** Files of several folders or kinds hold different parts of a dataset, or the same part twice. */
function requireAlike(chosen: readonly string[], origin: string): void {
  const folders = new Set(chosen.map((path) => path.split('/').slice(0, -1).join('/')));
  if (folders.size > 1) throw ambiguousFiles(chosen, 'folders', [...folders], origin);
  const kinds = new Set(chosen.map((path) => lastOf(path.split('.')).toLowerCase()));
  if (kinds.size > 1) throw ambiguousFiles(chosen, 'kinds', [...kinds], origin);
}

/** Whether a folder or a word of a file name is `name`: `main` and `train` for `main/train-00000-of-00001.parquet`. */
const isNamed = (path: string, name: string): boolean =>
  path.split('/').includes(name) || new RegExp(`(^|[/_.-])${escaped(name)}([/_.-]|$)`, 'i').test(path);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function globPattern(glob: string): RegExp {
  const source = glob.split(/(\*\*\/?|\*|\?)/).map((part) => {
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : escaped(part);
  });
  return new RegExp(`^${source.join('')}$`);
}
