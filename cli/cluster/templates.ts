import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { criticScale } from '../../core/tinker/critic-scale.js';
import { packageRoot } from '../setup/project.mjs';
import { pythonVersion, skyrlRepository, skyrlTag, skyrlVersion } from './versions.js';
import type { ClusterSpec } from './spec.js';

/** A generated file: its name in the folder, its text, and whether it is to be executed. */
export interface ClusterFile {
  readonly name: string;
  readonly text: string;
  readonly isScript?: boolean;
}

/**
 * Files that are the same for every run but for a few words, as they lie in `cli/cluster/templates`. What decides a run
 * is in env.sh and skyrl.json.
 */
const templates = [
  'setup.sh',
  'check_versions.py',
  'orz_skyrl_critic.py',
  'ray.sh',
  'wait_for_gpus.py',
  'serve.sh',
  'slurm.sbatch',
  'Dockerfile',
  'blank-finished.sql',
] as const;

/** The templates with their words filled in. */
export const templateFiles = (spec: ClusterSpec): Promise<ClusterFile[]> =>
  Promise.all(
    templates.map(async (name) => ({
      name,
      text: fill(await readFile(join(packageRoot, 'cli', 'cluster', 'templates', name), 'utf8'), wordsOf(spec)),
      isScript: /\.(?:sh|sbatch)$/.test(name),
    })),
  );

/** No word can hold what a shell or SLURM would read as more than a word: {@link ClusterSpec} limits the name. */
const wordsOf = ({ name, plan }: ClusterSpec): Readonly<Record<string, string>> => ({
  NAME: name,
  NODES: String(plan.nodes),
  GPUS_PER_NODE: String(plan.gpusPerNode),
  PYTHON_VERSION: pythonVersion,
  SKYRL_VERSION: skyrlVersion,
  SKYRL_REPOSITORY: skyrlRepository,
  SKYRL_TAG: skyrlTag,
  CRITIC_SCALE: String(criticScale),
});

/** `@WORD@` becomes the word of that name. */
const fill = (text: string, words: Readonly<Record<string, string>>): string =>
  text.replaceAll(/@([A-Z_]+)@/g, (whole, word: string) => words[word] ?? whole);
