import { mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatherConfig } from '../../cli/config/gather.js';
import { executeRun } from '../../cli/run/execute.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunSummary } from '../../core/train/loop/run.js';

export type Settings = Readonly<Record<string, unknown>>;

/** A run of a second or two. */
export const oneOrTwoSeconds: Settings = {
  'backend.provider': 'cpu',
  'backend.threads': 1,
  'model.steps': 4,
  'model.warmupSteps': 1,
  'model.tokensPerStep': 128,
  'model.hiddenSize': 24,
  'model.intermediateSize': 32,
  iterations: 4,
  rolloutBatchSize: 2,
  samplesPerPrompt: 4,
  maxResponseTokens: 12,
  criticUpdateSteps: 2,
  'evaluation.problems': 8,
  'checkpoint.every': 1,
  seed: 11,
};

/** All of orz-tiny in a few seconds, with evaluations and checkpoints on the way. */
export const smallRun: Settings = {
  'backend.provider': 'cpu',
  'backend.threads': 1,
  'model.steps': 8,
  'model.warmupSteps': 2,
  'model.tokensPerStep': 256,
  'model.hiddenSize': 24,
  'model.intermediateSize': 32,
  iterations: 4,
  rolloutBatchSize: 4,
  samplesPerPrompt: 4,
  maxResponseTokens: 16,
  criticUpdateSteps: 3,
  'evaluation.problems': 12,
  'evaluation.every': 2,
  'evaluation.periodicProblems': 8,
  'checkpoint.every': 1,
  seed: 5,
};

/** What is measured rather than computed; docs/metrics.md lists them as costs. */
export const costs = ['seconds', 'phaseShare', 'tokensPerSecond', 'memoryBytes', 'peakMemoryBytes'];

/** What a run has recorded, without costs and `others`. */
export const recordedMetrics = (run: string, others: readonly string[] = []): Metrics[] =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) =>
      Object.fromEntries(
        Object.entries(JSON.parse(line) as Metrics).filter(([key]) => ![...costs, ...others].includes(key)),
      ),
    );

/** An empty folder in which no configuration file is found. */
export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'orz-end-to-end-'));

export interface RunInOptions {
  readonly signal?: AbortSignal;
  readonly resume?: { readonly required: boolean; readonly force: boolean };
  readonly onMetrics?: (metrics: Metrics) => void;
  readonly onLog?: (message: string) => void;
}

/** A whole run with files and grading threads, as the command line starts it, but in this process. */
export async function runIn(
  folder: string,
  name: string,
  settings: Settings,
  options: RunInOptions = {},
): Promise<{ summary: RunSummary; metrics: Metrics[]; folder: string }> {
  const set = Object.entries(settings).map(
    ([path, value]) => `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const { layers, plugins } = await gatherConfig({ set }, folder);
  const metrics: Metrics[] = [];
  const phase = { progress: () => undefined, end: () => undefined };
  const runDir = join(folder, name);
  const summary = await executeRun(
    { layers, plugins, runDir, uniqueRunDir: false, ...(options.resume && { resume: options.resume }) },
    {
      events: {
        phase: () => phase,
        log: (_, message) => {
          options.onLog?.(message);
        },
      },
      signal: options.signal ?? new AbortController().signal,
      onStarted: () => undefined,
      onMetrics: (record) => {
        metrics.push(record);
        options.onMetrics?.(record);
      },
    },
  );
  return { summary, metrics, folder: runDir };
}

/** Content of every file below a folder by relative path. */
export function readTree(folder: string): Map<string, Buffer> {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
  return new Map(files.map((path) => [path, readFileSync(join(folder, path))]));
}
