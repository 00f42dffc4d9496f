import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { packageRoot } from '../../../cli/setup/project.mjs';

const bin = fileURLToPath(new URL('../fixtures/orz-train.mjs', import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly result: Promise<CliResult>;
  stdout(): string;
}

/** Starts the real `orz-train` (built by `npm test`) in `cwd`. */
export function startCli(args: readonly string[], cwd: string, stdin: 'ignore' | 'pipe' = 'ignore'): RunningCli {
  if (!existsSync(join(packageRoot, 'dist', 'cli', 'main.js')))
    throw new Error('build first: npm test builds, vitest alone does not');
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    stdio: [stdin, 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  started.push(child);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  const result = new Promise<CliResult>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, ...text });
    });
  });
  return { process: child, result, stdout: () => text.stdout };
}

/** Runs `orz-train` to its end. */
export const runCli = (args: readonly string[], cwd: string): Promise<CliResult> => startCli(args, cwd).result;

/** A run of orz-tiny that takes seconds: its model is too small and too short trained to learn anything. */
export const shortRun = Object.entries({
  'model.steps': 20,
  'model.warmupSteps': 5,
  'model.tokensPerStep': 256,
  'model.hiddenSize': 32,
  'model.heads': 2,
  'model.intermediateSize': 64,
  'evaluation.problems': 16,
  'evaluation.every': 0,
  rolloutBatchSize: 8,
  samplesPerPrompt: 4,
}).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
