import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { messageOf } from '../../core/boundary/safe-text.js';
import { differingPaths, valueAt, type StoredConfig } from '../dashboard/differences.js';
import { openRun, type RunReader } from '../dashboard/run-reader.js';
import { lockName } from '../run/lock.js';
import { diskUse, type FoundRun } from './find.js';

/**
 * - `running`: a living process has locked the folder.
 * - `finished`: all iterations are done.
 * - `failed`: its process is gone without having ended the run, or a number that is not finite stopped it.
 * - `stopped`: neither; it can be resumed.
 * - `unreadable`: its files cannot be read.
 */
export type RunState = 'running' | 'finished' | 'failed' | 'stopped' | 'unreadable';

export interface RunOverview extends FoundRun {
  readonly state: RunState;
  /** Why it cannot be read. */
  readonly problem?: string;
  /** As its name says, if it has the name that a run gets by itself; the settings do not tell. */
  readonly preset?: string;
  /** Iterations done, and of the whole run; the latter is absent if the settings cannot be read. */
  readonly done: number;
  readonly iterations?: number;
  /** Mean reward over the held-out sets, of the first evaluation and of the last; absent without any. */
  readonly heldOut?: { readonly first: number; readonly last: number };
  readonly bytes: number;
  /** Its values of the settings in which the runs differ, in the same order for every run. */
  readonly differing: readonly (readonly [path: string, value: string])[];
}

type Described = Omit<RunOverview, 'differing'> & { readonly config: StoredConfig };

/** What can be told of each run. One whose files are damaged is told as such. */
export async function describeRuns(found: readonly FoundRun[]): Promise<RunOverview[]> {
  const described: Described[] = [];
  for (const run of found) described.push(await describeRun(run));
  const paths = differingPaths(described.flatMap(({ state, config }) => (state === 'unreadable' ? [] : [config])));
  return described.map(({ config, ...run }) => ({
    ...run,
    differing: run.state === 'unreadable' ? [] : paths.map((path) => [path, valueAt(config, path)] as const),
  }));
}

async function describeRun(found: FoundRun): Promise<Described> {
  const preset = /^(.+)-\d{4}-\d\d-\d\d-\d{6}(?:-\d+)?$/.exec(found.name)?.[1];
  const known = { ...found, ...(preset !== undefined && { preset }), bytes: await diskUse(found.folder) };
  try {
    const reader = await openRun(found.folder);
    const { state, iterations } = await reader.info();
    return {
      ...known,
      state: state === 'unfinished' ? await howItEnded(found.folder) : state,
      ...(iterations !== undefined && { iterations }),
      ...(await readProgress(reader)),
      config: await reader.config(),
    };
  } catch (error) {
    return { ...known, state: 'unreadable', problem: messageOf(error), done: 0, config: {} };
  }
}

/** A process that ends its run, whatever the reason, takes its lock away. */
async function howItEnded(folder: string): Promise<RunState> {
  const isAbandoned = await access(join(folder, lockName)).then(
    () => true,
    () => false,
  );
  const failures = await readdir(join(folder, 'failures')).catch(() => []);
  return isAbandoned || failures.length > 0 ? 'failed' : 'stopped';
}

async function readProgress(reader: RunReader): Promise<Pick<RunOverview, 'done' | 'heldOut'>> {
  let done = 0;
  const rewards: number[] = [];
  for (let from = 0; ;) {
    const { records, next } = await reader.metrics(from, done);
    for (const record of records) {
      if (typeof record['iteration'] === 'number') done = record['iteration'];
      const reward = heldOutReward(record);
      if (reward !== undefined) rewards.push(reward);
    }
    if (next === from) break;
    from = next;
  }
  const [first, last] = [rewards[0], rewards.at(-1)];
  return { done, ...(first !== undefined && last !== undefined && { heldOut: { first, last } }) };
}

/** The mean over the held-out sets; undefined for an iteration without an evaluation. */
function heldOutReward(record: Metrics): number | undefined {
  const rewards = Object.entries(record).flatMap(([name, value]) => {
    if (!name.startsWith('evaluation/') || typeof value !== 'object' || value === null) return [];
    return typeof value['reward'] === 'number' ? [value['reward']] : [];
  });
  return rewards.length === 0 ? undefined : rewards.reduce((a, b) => a + b, 0) / rewards.length;
}
