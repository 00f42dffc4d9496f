import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatherConfig } from '../../cli/config/gather.js';
import { executeRun } from '../../cli/run/execute.js';
import type { Metrics } from '../../core/contracts/platform.js';
import type { RunSummary } from '../../core/train/run.js';

export type Settings = Readonly<Record<string, unknown>>;

/** An empty folder in which no configuration file is found. */
export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'orz-end-to-end-'));

/** A whole run with files and grading threads, as the command line starts it, but in this process. */
export async function runIn(folder: string, name: string, settings: Settings): Promise<{ summary: RunSummary; metrics: Metrics[]; folder: string }> {
  const set = Object.entries(settings).map(([path, value]) => `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const { layers, plugins } = await gatherConfig({ set }, folder);
  const metrics: Metrics[] = [];
  const phase = { progress: () => undefined, end: () => undefined };
  const runDir = join(folder, name);
  const summary = await executeRun({ layers, plugins, runDir, uniqueRunDir: false }, {
    events: { phase: () => phase, log: () => undefined }, signal: new AbortController().signal,
    onStarted: () => undefined, onMetrics: (record) => metrics.push(record),
  });
  return { summary, metrics, folder: runDir };
}

/** Content of every file below a folder by relative path. */
export function readTree(folder: string): Map<string, Buffer> {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => statSync(join(folder, path)).isFile()).sort();
  return new Map(files.map((path) => [path, readFileSync(join(folder, path))]));
}
