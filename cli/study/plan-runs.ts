import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { elementAt } from '../../core/arrays.js';
import type { Layer } from '../../core/config/layers.js';
import { resolveConfig } from '../../core/config/resolve.js';
import type { GatheredConfig } from '../config/gather.js';
import { baseLayer, sharedBaseOf, type SharedBase } from './base-model.js';
import type { GatheredArm, GatheredStudy } from './gather-arms.js';
import { shortHash } from './hash.js';

/** One run of a study. */
export interface StudyRun {
  readonly seed: number;
  /** Of its folder. */
  readonly name: string;
  /** Relative to that of the studies. */
  readonly path: string;
  /** As the user would name it. */
  readonly folder: string;
  /** Its arm and seed, for people. */
  readonly label: string;
  readonly iterations: number;
  readonly base: SharedBase | undefined;
  /** What the run is started with. */
  readonly gathered: GatheredConfig;
}

/** The runs of an arm, one per seed. */
export interface PlannedArm extends GatheredArm {
  readonly runs: readonly StudyRun[];
}

/**
 * All runs of a study. A run's folder is named after presets, seed and a hash of all its settings, so that studies
 * which agree in them share it: it is trained once.
 */
export async function planRuns(
  { study, common, arms }: GatheredStudy,
  seeds: readonly number[],
  folder: string,
): Promise<PlannedArm[]> {
  const planned: PlannedArm[] = [];
  for (const arm of arms) {
    const base = await sharedBaseOf(arm.gathered, common, folder);
    const hash = await settingsHash(arm.gathered, base);
    const runs: StudyRun[] = [];
    for (const seed of seeds) {
      const name = `${common.name}-seed-${seed}-${hash}`;
      const path = `runs/${name}`;
      const own: Layer = { label: `study ${study.name}`, values: { seed, runDir: join(folder, path) } };
      const layers = [...arm.gathered.layers, ...(base ? [baseLayer(base)] : []), own];
      const resolved = await resolveConfig(layers, arm.gathered.registry);
      const gathered = { ...arm.gathered, layers, resolved };
      const label = `${arm.name}, seed ${seed}`;
      const { iterations } = resolved.config;
      runs.push({ seed, name, path, folder: join(folder, path), label, iterations, base, gathered });
    }
    planned.push({ ...arm, runs });
  }
  return planned;
}

/**
 * Every run once, since arms may agree in all settings; all arms of the first seed first, so that a study that is
 * stopped has seeds that are complete.
 */
export function distinctRuns(arms: readonly PlannedArm[]): StudyRun[] {
  const seeds = arms[0]?.runs.map((_, seed) => seed) ?? [];
  const inOrder = seeds.flatMap((seed) => arms.map(({ runs }) => elementAt(runs, seed)));
  return [...new Map(inOrder.map((run) => [run.name, run])).values()];
}

/** Of everything that decides the result of a run but its seed: settings, base model, the user's plugins. */
async function settingsHash({ resolved, plugins }: GatheredConfig, base: SharedBase | undefined): Promise<string> {
  const { seed: _seed, runDir: _runDir, plugins: _names, ...settings } = resolved.config;
  const code = await Promise.all(
    plugins.map(async (path) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ),
  );
  return shortHash({ ...settings, code, base: base?.name ?? null });
}
