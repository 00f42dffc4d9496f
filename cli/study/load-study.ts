import { dirname } from 'node:path';
import { plainSettings } from '../../core/config/plain-settings.js';
import { studySchema, type Study } from '../../core/study/study.js';
import { studyCatalog } from '../../presets/studies/index.js';
import { findModule, importModule, isPath } from '../config/import-module.js';
import { invalidStudy, missingStudy, unknownStudy, unloadableStudy } from './errors.js';

/** A study, shipped or the user's. */
export interface LoadedStudy {
  readonly study: Study;
  /** Where its relative paths start. */
  readonly folder: string;
  /** As the user names it on the command line. */
  readonly named: string;
}

/**
 * The study of this name, or in this file (TypeScript or JavaScript, its default export). Throws ORZ_USAGE for a name
 * that no study has, ORZ_CONFIG_FILE for a file that is missing or cannot be executed, ORZ_CONFIG_INVALID for one
 * with something wrong in it.
 */
export async function loadStudy(named: string, cwd: string): Promise<LoadedStudy> {
  const shipped = studyCatalog.get(named);
  if (shipped !== undefined) return { study: parseStudy(shipped, `study ${named}`), folder: cwd, named };
  const path = await findModule(named, cwd);
  if (path === undefined) throw isPath(named) ? missingStudy(named) : unknownStudy(named, [...studyCatalog.keys()]);
  const loaded = (await importModule(path, dirname(path)).catch((cause: unknown) => {
    throw unloadableStudy(named, cause);
  })) as { readonly default?: unknown };
  return { study: parseStudy(loaded.default, named), folder: dirname(path), named };
}

/** A study with its defaults; `origin` is named where something is wrong. */
export function parseStudy(given: unknown, origin: string): Study {
  const parsed = studySchema.safeParse(plainSettings(given, origin));
  if (parsed.success) return parsed.data;
  throw invalidStudy(origin, parsed.error.issues);
}
