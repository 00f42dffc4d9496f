import colors from 'picocolors';
import { OrzError } from '../../core/errors.js';
import { locateOnnxRuntime } from '../../plugins/backend-onnx/runtime-folder.js';
import { summaryText } from '../terminal/summary-text.js';
import { findConfigFile } from '../config/find-config.js';
import { gatherConfig, isResumed, type ConfigFlags, type GatheredConfig } from '../config/gather.js';
import { planLines, planOf, requireMachine } from '../plan.js';
import { exitCodeOf, exitCodes } from '../report-error.js';
import { defaultRunFolder } from '../run/run-folder.js';
import type { RunRequest, StopSignal } from '../run/messages.js';
import { superviseRun, type SupervisedRun } from '../run/supervise.js';
import { createRunView, type RunView } from '../terminal/run-view.js';
import { printable } from '../terminal/format.js';
import { ensureOnnxRuntime } from '../setup/onnx-runtime.mjs';

export interface TrainFlags extends ConfigFlags {
  /** Print the plan and end. */
  readonly dryRun?: boolean;
  /** Print the plan as JSON; only with `dryRun`. */
  readonly json?: boolean;
}

/** `orz-train`: checks everything, prints the plan, runs in a process of its own, prints what came out. Returns the exit code. */
export async function train({ dryRun = false, json = false, ...flags }: TrainFlags): Promise<number> {
  if (json && !dryRun)
    throw new OrzError('ORZ_USAGE', '--json prints the plan and needs --dry-run', {
      value: '--json',
      origin: 'flags',
      remedy: 'Numbers of a run are in metrics.jsonl of its folder, one JSON object per iteration.',
    });
  const gathered = await gatherConfig(flags, process.cwd());
  const {
    preset,
    resolved: { config },
  } = gathered;
  const plan = await planOf(gathered.resolved);
  if (json) {
    process.stdout.write(`${JSON.stringify({ preset, seed: config.seed, ...plan }, null, 2)}\n`);
    return plan.missing.memory + plan.missing.disk > 0 ? exitCodes.failure : exitCodes.ok;
  }
  process.stdout.write(
    [
      `${colors.bold('orz-train')}  preset ${preset}, seed ${config.seed}`,
      ...planLines(plan),
      ...(await unreadFile(flags)),
      '',
    ].join('\n'),
  );
  requireMachine(plan);
  if (dryRun) return exitCodes.ok;
  requireBackend(config.backend.type);
  const view = createRunView({
    preset,
    iterations: config.iterations,
    output: process.stdout,
    input: process.stdin,
    // A handler of the run's signals is listening; see handleSignals.
    onStop: () => {
      process.emit('SIGINT', 'SIGINT');
    },
  });
  try {
    const summary = await runWithSignals(view, gathered, flags);
    view.close();
    process.stdout.write(`${summaryText(summary)}\n`);
    return exitCodes.ok;
  } finally {
    view.close();
  }
}

/** A line about a configuration file that would have counted for a new run: its settings are expected by whoever has just changed it. */
async function unreadFile(flags: ConfigFlags): Promise<string[]> {
  const file = isResumed(flags) ? await findConfigFile(process.cwd()).catch(() => undefined) : undefined;
  return file === undefined
    ? []
    : [`  settings      those of the run; ${file.label} is not read: add --config ${file.label} for that`];
}

async function runWithSignals(
  view: RunView,
  { layers, plugins, preset, resolved: { config } }: GatheredConfig,
  flags: ConfigFlags,
) {
  const request: RunRequest = {
    layers,
    plugins,
    runDir: config.runDir ?? defaultRunFolder(preset, new Date(), process.cwd()),
    uniqueRunDir: config.runDir === undefined,
    resume: { required: flags.resume !== undefined, force: flags.force === true },
  };
  const run = superviseRun({
    module: new URL('../run/child.js', import.meta.url),
    request,
    onMessage: view.onMessage,
    onOutput: (line) => {
      view.line(printable(line));
    },
  });
  const stopListening = handleSignals(run, view);
  try {
    return await run.result;
  } finally {
    stopListening();
  }
}

/** The first Ctrl-C, or a request to end, lets the step finish and saves; a second one ends at once. Returns what removes the handlers. */
function handleSignals(run: SupervisedRun, view: RunView): () => void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked) {
      run.kill();
      view.close();
      process.stderr.write('Ended at once; what was saved before stays.\n');
      process.exit(exitCodeOf(signal));
    }
    asked = true;
    view.stopping();
    run.stop(signal as StopSignal);
  };
  const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** Installs ONNX Runtime if the run needs it and install scripts were switched off. */
function requireBackend(backend: string): void {
  if (
    backend !== 'onnx' ||
    locateOnnxRuntime() !== undefined ||
    ensureOnnxRuntime((line) => {
      process.stderr.write(`${line}\n`);
    })
  )
    return;
  throw new OrzError('ORZ_PLUGIN_MISSING', 'The onnx backend needs ONNX Runtime, which could not be installed', {
    value: 'onnxruntime-node',
    origin: 'backend.type',
    remedy: 'See the lines above; with a network, `npx orz-train setup` installs it.',
  });
}
