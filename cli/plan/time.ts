import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunConfig } from '../../core/config/schema.js';

/** How long an iteration took in an earlier run on this machine, evaluation left out. */
export interface MeasuredTime {
  readonly secondsPerIteration: number;
  /** Iterations it is the median of. */
  readonly iterations: number;
  /** The run, relative to the current folder. */
  readonly from: string;
}

/** Settings that do not change the time of an iteration. */
const irrelevant: readonly (keyof RunConfig)[] = [
  'seed',
  'iterations',
  'runDir',
  'plugins',
  'evaluation',
  'checkpoint',
  'metrics',
  'guards',
  'shuffleRewards',
];

/** From the newest run below `runs/` with the same settings; undefined if there is none. Nothing is ever guessed. */
export async function measuredTime(config: RunConfig, cwd: string): Promise<MeasuredTime | undefined> {
  const names = await readdir(join(cwd, 'runs')).catch(() => []); // No folder: no runs.
  const wanted = keyOf(config);
  let latest: { readonly time: MeasuredTime; readonly name: string } | undefined;
  for (const name of names.sort()) {
    const time = await timeOf(join('runs', name), cwd, wanted);
    if (time !== undefined) latest = { time, name };
  }
  return latest?.time;
}

const keyOf = (config: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.entries(config)
      .filter(([key]) => !irrelevant.includes(key as keyof RunConfig))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Undefined for what is no run, another run, or one without a finished iteration. */
async function timeOf(run: string, cwd: string, wanted: string): Promise<MeasuredTime | undefined> {
  try {
    const config = JSON.parse(await readFile(join(cwd, run, 'config.json'), 'utf8')) as Record<string, unknown>;
    if (keyOf(config) !== wanted) return undefined;
    const lines = (await readFile(join(cwd, run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
    const seconds = lines
      .map((line) => (JSON.parse(line) as { seconds: { total: number; evaluation?: number } }).seconds)
      .map(({ total, evaluation = 0 }) => total - evaluation)
      .sort((a, b) => a - b);
    const median = seconds[Math.floor(seconds.length / 2)];
    return median === undefined ? undefined : { secondsPerIteration: median, iterations: seconds.length, from: run };
  } catch {
    return undefined; // A folder that is no run, or one that was cut short.
  }
}
