import { OrzError } from '../../errors.js';
import { shellQuote } from '../../shell-quote.js';

/** A local file that does not exist. */
export interface MissingFile {
  /** As the configuration states it. */
  readonly path: string;
  readonly absolutePath: string;
  /** The setting, for example `data.evaluation.math`. */
  readonly origin: string;
}

/** Local files that do not exist, all of them at once, since they are usually missing together. */
export function missingFiles(missing: readonly MissingFile[]): OrzError {
  const heldOut = missing.map(({ origin }) => origin).filter((origin) => origin.startsWith('data.evaluation.'));
  const flags = [...new Set(heldOut)].map((origin) => `--set ${shellQuote(`${origin}=null`)}`).join(' ');
  const withoutThem = flags === '' ? '' : `To do without these held-out sets: ${flags}. `;
  return new OrzError(
    'ORZ_DATA_MISSING',
    `There is no file ${missing.map(({ absolutePath }) => absolutePath).join(', nor ')}`,
    {
      value: missing.map(({ path }) => path),
      origin: missing.map(({ origin }) => origin).join(', '),
      remedy:
        `${withoutThem}Give paths relative to the current folder. The files of Open-Reasoner-Zero are in the folder ` +
        'data of github.com/Open-Reasoner-Zero/Open-Reasoner-Zero; docs/data.md says how to run with other files.',
    },
  );
}

/** A file where the platform has no file system; `setting` names it. */
export const filesUnavailable = (setting: string, path: string): OrzError =>
  new OrzError('ORZ_CAPABILITY', `${setting} names a file, and this platform has no file system`, {
    value: path,
    origin: setting,
    remedy: 'Give data that need no file.',
  });

/** A dataset on the hub where the platform cannot reach it; `setting` names it. */
export const hubUnavailable = (setting: string, hub: string): OrzError =>
  new OrzError('ORZ_CAPABILITY', `${setting} needs the Hugging Face hub, which cannot be reached from this platform`, {
    value: hub,
    origin: setting,
    remedy: 'Give a path.',
  });

/** A setting of a source that contradicts another one; undefined if it is missing. */
export const contradictorySetting = (path: string, value: unknown, allowed: string): OrzError =>
  new OrzError(
    'ORZ_CONFIG_INVALID',
    `Setting '${path}' ${value === undefined ? 'is missing' : `cannot be ${JSON.stringify(value)}`}`,
    {
      ...(value !== undefined && { value }),
      allowed,
      origin: path,
      remedy: 'Correct the source; docs/data.md describes its settings.',
    },
  );
