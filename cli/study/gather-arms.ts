import { parseSet, type Layer } from '../../core/config/layers.js';
import { elementAt } from '../../core/arrays.js';
import type { Study, StudyArm } from '../../core/study/study.js';
import { gatherLayers, type GatheredConfig } from '../config/gather.js';
import { notForSet } from './errors.js';
import type { LoadedStudy } from './load-study.js';

/** An arm with the configuration that its runs share: seed and folder are those of the presets, and not used. */
export interface GatheredArm {
  readonly name: string;
  readonly gathered: GatheredConfig;
}

/** A study with its configurations. */
export interface GatheredStudy {
  readonly study: Study;
  /** What all arms share. */
  readonly common: GatheredConfig;
  readonly arms: readonly GatheredArm[];
}

/**
 * Puts the configurations of a study together: presets of study and arm, settings of the study, of the arm, and of the
 * command line. Configuration files are not read: a study says by itself what it compares. Throws as `gatherConfig`.
 */
export async function gatherStudy(loaded: LoadedStudy, set: readonly string[], cwd: string): Promise<GatheredStudy> {
  const flags = set.map(parseFlag);
  const arms: GatheredArm[] = [];
  for (const arm of loaded.study.arms) arms.push({ name: arm.name, gathered: await gather(loaded, flags, cwd, arm) });
  return { study: loaded.study, common: await gather(loaded, flags, cwd), arms };
}

async function gather(
  { study, folder }: LoadedStudy,
  flags: readonly Layer[],
  cwd: string,
  arm?: StudyArm,
): Promise<GatheredConfig> {
  const origin = `study ${study.name}`;
  const named = { named: [...study.presets, ...(arm?.presets ?? [])], folder, origin };
  const layers: Layer[] = [
    { label: origin, values: study.settings, folder },
    ...(arm === undefined ? [] : [{ label: `${origin}, arm ${arm.name}`, values: arm.settings, folder }]),
    ...flags,
  ];
  const gathered = await gatherLayers(named, layers, cwd);
  return usesOneThreadEach(gathered) ? gatherLayers(named, [...layers, oneThread], cwd) : gathered;
}

/** Runs share the cores among each other; the number of threads never changes a result. */
const oneThread: Layer = { label: 'study: one thread per run', values: { backend: { threads: 1 } } };

const usesOneThreadEach = ({ resolved: { origins } }: GatheredConfig): boolean =>
  origins.get('backend.threads')?.startsWith('default of') === true;

function parseFlag(flag: string): Layer {
  const layer = parseSet(flag);
  const [key] = elementAt(Object.entries(layer.values), 0);
  if (key === 'seed' || key === 'runDir') throw notForSet(flag);
  return layer;
}
