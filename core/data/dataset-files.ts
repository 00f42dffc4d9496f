import { OrzError } from '../errors.js';

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
/** What repositories hold beside their data. */
const notData = /(^|\/)(\.[^/]*|dataset_infos?\.json|[^/]*config\.json|state\.json)$/i;
const splitNames = ['train', 'test', 'validation', 'valid', 'val', 'dev', 'eval'];

/**
 * Chooses among the paths of a dataset repository: those of the pattern, or the data files of the configuration and split (by default the one given). A repository whose
 * paths name no split has one, all of it. Throws ORZ_DATA_MISSING with what there is if nothing fits, and ORZ_CONFIG_INVALID if files of several folders would be mixed.
 * `origin` names the setting.
 */
export function selectDatasetFiles(
  paths: readonly string[],
  { config, split, files }: DatasetSelection,
  defaultSplit: string,
  origin: string,
): string[] {
  const candidates =
    files === undefined
      ? paths.filter((path) => dataFile.test(path) && !notData.test(path))
      : paths.filter((path) => globPattern(files).test(path));
  if (files !== undefined) return some(candidates, paths, `${origin}.files`, files);
  const ofConfig =
    config === undefined
      ? candidates
      : some(
          candidates.filter((path) => names(path, config)),
          candidates,
          `${origin}.config`,
          config,
        );
  const wanted =
    split ?? (ofConfig.some((path) => splitNames.some((name) => names(path, name))) ? defaultSplit : undefined);
  const chosen = some(
    wanted === undefined ? ofConfig : ofConfig.filter((path) => names(path, wanted)),
    ofConfig,
    `${origin}.split`,
    wanted,
  );
  const folders = [...new Set(chosen.map((path) => path.split('/').slice(0, -1).join('/')))];
  const kinds = [...new Set(chosen.map((path) => path.split('.').at(-1)!.toLowerCase()))];
  if (folders.length === 1 && kinds.length === 1) return chosen;
  throw new OrzError(
    'ORZ_CONFIG_INVALID',
    `The files of ${origin} are of several ${folders.length > 1 ? 'folders' : 'kinds'}`,
    {
      value: chosen.slice(0, 20),
      allowed: folders.length > 1 ? folders : kinds,
      origin,
      remedy: `Say which: ${folders.length > 1 ? `${origin}.config=FOLDER, or ` : ''}${origin}.files=PATTERN`,
    },
  );
}

/** Whether a folder or a word of a file name is `name`: `main/train-00000-of-00001.parquet` names `main` and `train`. */
const names = (path: string, name: string): boolean =>
  path.split('/').includes(name) || new RegExp(`(^|[/_.-])${escaped(name)}([/_.-]|$)`, 'i').test(path);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function globPattern(glob: string): RegExp {
  const source = glob
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => (part.startsWith('**') ? '.*' : part === '*' ? '[^/]*' : part === '?' ? '[^/]' : escaped(part)))
    .join('');
  return new RegExp(`^${source}$`);
}

function some(chosen: readonly string[], from: readonly string[], origin: string, value: unknown): string[] {
  if (chosen.length > 0) return [...chosen];
  throw new OrzError('ORZ_DATA_MISSING', `No file of the dataset fits ${origin}`, {
    ...(value !== undefined && { value }),
    allowed: from.length === 0 ? 'Parquet, JSONL or JSON files: the repository has none' : from.slice(0, 30),
    origin,
    remedy: 'Choose among those listed; patterns may hold * and **.',
  });
}
