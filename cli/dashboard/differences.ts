import { leafValues } from '../../core/config/layers.js';
import { changedSettings } from '../../core/config/resume.js';
import type { RunConfig } from '../../core/config/schema.js';
import type { RunReader } from './run-reader.js';
import type { RunInfo } from './shared/data.js';

/**
 * What the pages show of each run. If there are several, each also has its values of the settings in which they differ;
 * other settings stay in the run folders, so that a report can be given away.
 */
export async function describeRuns(runs: readonly RunReader[]): Promise<RunInfo[]> {
  const infos = await Promise.all(runs.map((run) => run.info()));
  if (runs.length < 2) return infos;
  const configs = await Promise.all(runs.map((run) => run.config()));
  const paths = differingPaths(configs);
  return infos.map((info, i) => ({ ...info, differing: paths.map((path) => [path, valueAt(configs[i], path)]) }));
}

/** A configuration as it was read: of another version, incomplete, or {} where there is none. */
export type StoredConfig = Readonly<Record<string, unknown>>;

/**
 * Paths of the settings whose values are not the same in all configurations, in the order of the configuration. Where a
 * run lies is no setting in which it differs.
 */
export function differingPaths(configs: readonly StoredConfig[]): string[] {
  const [first = {}, ...others] = configs;
  const changes = others.flatMap((other) => changedSettings(first as RunConfig, other as RunConfig));
  return [...new Set(changes.map(({ path }) => path))].filter((path) => path !== 'runDir');
}

/** The value at a path as text. */
export function valueAt(config: StoredConfig | undefined, path: string): string {
  const value = leafValues(config ?? {}).find(([leaf]) => leaf === path)?.[1];
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
