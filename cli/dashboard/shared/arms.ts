import type { RunInfo } from './data.js';
import { settingsText } from './differences.js';

/** Runs whose settings are the same but for the seed. */
export interface Arm {
  /** The settings in which it differs from the other arms; if it is in none, its runs. */
  readonly name: string;
  readonly differing: readonly (readonly [path: string, value: string])[];
  /** Of its runs, each another one. */
  readonly seeds: readonly string[];
  /** Numbers of its runs, in the order of the seeds. */
  readonly runs: readonly number[];
}

type DescribedRun = Pick<RunInfo, 'name' | 'differing'>;

interface GrowingArm {
  readonly key: string;
  readonly runs: Map<string, number>;
}

/**
 * The arms of several runs, in the order of their first runs. A run with settings and seed of another one says nothing
 * about the chance between seeds: it begins an arm of its own.
 */
export function armsOf(infos: readonly DescribedRun[]): Arm[] {
  const arms: GrowingArm[] = [];
  infos.forEach(({ differing = [] }, run) => {
    const seed = differing.find(([path]) => path === 'seed')?.[1] ?? '';
    const key = JSON.stringify(withoutSeed(differing));
    const arm = arms.find((known) => known.key === key && !known.runs.has(seed));
    if (arm === undefined) arms.push({ key, runs: new Map([[seed, run]]) });
    else arm.runs.set(seed, run);
  });
  return arms.map(({ runs }) => describe(infos, runs));
}

function describe(infos: readonly DescribedRun[], bySeed: ReadonlyMap<string, number>): Arm {
  const runs = [...bySeed.values()];
  const [first = '', ...others] = runs.flatMap((run) => infos[run]?.name ?? []);
  const differing = withoutSeed(infos[runs[0] ?? 0]?.differing ?? []);
  const named = others.length === 0 ? first : `${first} and ${others.length} more`;
  return { name: differing.length === 0 ? named : settingsText(differing), differing, seeds: [...bySeed.keys()], runs };
}

const withoutSeed = (differing: Arm['differing']): Arm['differing'] => differing.filter(([path]) => path !== 'seed');
