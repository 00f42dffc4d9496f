import { setImmediate } from 'node:timers/promises';
import type { ResolvedConfig } from '../../core/config/resolve.js';
import { needsBackend } from '../plan/engine.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import type { GatheredConfig } from '../config/gather.js';
import { hasUsableOnnxRuntime, installOnnxRuntime } from '../setup/onnx-runtime.mjs';
import { onnxRuntimeNotInstalled, stoppedBeforeTraining } from './errors.js';
import { executeRun } from './execute.js';
import type { FromRun, RunRequest, StopSignal } from './messages.js';
import { reportingCallbacks } from './run-callbacks.js';
import { silenceMargin } from './response-timer.js';
import { defaultRunFolder } from './run-folder.js';
import { startRunProcess, type RunProcess } from './run-process.js';

export interface StartOptions {
  /** Where `runs/` is, for a run whose configuration names no folder. */
  readonly cwd: string;
  readonly resume: NonNullable<RunRequest['resume']>;
  readonly onMessage: (message: FromRun) => void;
  /** Called with each line that the process of the run printed. */
  readonly onOutput: (line: string) => void;
}

/** The run of a configuration in a process of its own; the command line and programs start it alike. */
export const startRun = (gathered: GatheredConfig, options: StartOptions): RunProcess =>
  startRunProcess({
    module: new URL('child.js', import.meta.url),
    request: requestOf(gathered, options),
    onMessage: options.onMessage,
    onOutput: options.onOutput,
    timeouts: { silence: gathered.resolved.config.guards.workSeconds + silenceMargin },
  });

/** A run in this process, which a tensor library blocks for as long as it computes. */
export interface RunHere {
  readonly result: Promise<RunSummary>;
  stop(signal: StopSignal): void;
}

/** As {@link startRun}, in this process: nothing watches it, and what plugins print goes where this process prints. */
export function startRunHere(gathered: GatheredConfig, options: Omit<StartOptions, 'onOutput'>): RunHere {
  const controller = new AbortController();
  // Later, so that nothing is reported before the caller has what is returned.
  const result = setImmediate().then(() =>
    executeRun(requestOf(gathered, options), reportingCallbacks(options.onMessage, controller.signal)),
  );
  return {
    result,
    stop: (signal) => {
      controller.abort(stoppedBeforeTraining(signal));
    },
  };
}

/** What the process of a run is asked to do. */
export function requestOf(
  { layers, plugins, name, resolved: { config } }: GatheredConfig,
  { cwd, resume }: Pick<StartOptions, 'cwd' | 'resume'>,
): RunRequest {
  return {
    layers,
    plugins,
    runDir: config.runDir ?? defaultRunFolder(name, new Date(), cwd),
    uniqueRunDir: config.runDir === undefined,
    resume,
  };
}

/** Installs ONNX Runtime if the run needs it and install scripts were switched off. */
export async function requireBackend(resolved: ResolvedConfig): Promise<void> {
  const { config } = resolved;
  if (config.backend.type !== 'onnx' || !needsBackend(resolved)) return;
  if (hasUsableOnnxRuntime()) return;
  const problem = await installOnnxRuntime();
  if (problem !== undefined) throw onnxRuntimeNotInstalled(problem);
}
