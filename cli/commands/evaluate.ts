import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { EvaluationResults } from '../../core/evaluation/results.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { chosenCheckpoints } from '../evaluate/checkpoints.js';
import { chooseBenchmarks, divideSettings } from '../evaluate/choose-benchmarks.js';
import { evaluationInterrupted } from '../evaluate/errors.js';
import { evaluate } from '../evaluate/evaluate.js';
import { openLocalAnswerer } from '../evaluate/local-answerer.js';
import { benchmarkFlags, refuseContradictions, type EvaluateFlags } from '../evaluate/options.js';
import { resultsTable } from '../evaluate/table.js';
import { openModel } from '../model/open-model.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { exitCodes } from '../report-error.js';
import { namedOrNewest } from '../run/default-run.js';
import { latestRun } from '../run/saved-model.js';
import { screenEvents } from '../screen-events.js';
import { packageRoot } from '../setup/project.mjs';
import { stopOnSignal } from '../stop-on-signal.js';
import { printable } from '../terminal/format.js';
import { createScreen } from '../terminal/screen.js';

/**
 * `orz-train evaluate`: measures models on benchmarks. Everything goes to a folder; a table, or with `--json` the
 * results, to stdout. Ctrl-C keeps all finished questions. Returns the exit code.
 */
export async function evaluateModels(names: readonly string[], flags: EvaluateFlags): Promise<number> {
  refuseContradictions(flags);
  const runDir = flags.model === undefined ? await namedOrNewest(flags.runDir, latestRun) : undefined;
  const checkpoints = runDir === undefined ? [undefined] : await chosenCheckpoints(runDir, flags.checkpoint);
  const out = flags.out ?? newFolder(runDir ?? flags.model ?? '');
  const stop = stopOnSignal();
  const screen = createScreen(process.stderr);
  const results: EvaluationResults[] = [];
  try {
    for (const checkpoint of checkpoints) {
      const folder = checkpoints.length > 1 && checkpoint !== undefined ? join(out, checkpoint) : out;
      const target = { runDir, checkpoint, out: folder, signal: stop.signal, events: screenEvents(screen) };
      results.push(await evaluateOne(names, flags, target));
    }
  } catch (error) {
    if (stop.signal.aborted) throw evaluationInterrupted(String(stop.signal.reason), out);
    throw error;
  } finally {
    stop.dispose();
    screen.close();
  }
  print(results, out, flags.json === true);
  return exitCodes.ok;
}

/** The model of one evaluation, and where its results go. */
interface Target {
  readonly runDir: string | undefined;
  readonly checkpoint: string | undefined;
  readonly out: string;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

async function evaluateOne(
  names: readonly string[],
  flags: EvaluateFlags,
  { runDir, checkpoint, out, events, signal }: Target,
): Promise<EvaluationResults> {
  const { benchmarks: set, config } = divideSettings(flags.set ?? []);
  const shared = benchmarkFlags(flags);
  const template = flags.chat === true ? 'chat' : flags.template;
  const model = await openModel(modelFlags(flags, { runDir, checkpoint, template, set: config }), events, signal);
  const { resolved, registry, plugins } = model;
  const context = { resolved, registry, plugins, platform: createNodePlatform('.'), events };
  const chat = resolved.config.template.type === 'chat';
  const choice = { names, set, shared, chat, ...(runDir !== undefined && { run: runDir }) };
  const benchmarks = await chooseBenchmarks(choice, context).catch(async (error: unknown) => {
    await model.close();
    throw error;
  });
  const answerer = await openLocalAnswerer(model);
  try {
    const { seed } = resolved.config;
    const exactLimit = shared['maxResponseTokens'] !== undefined;
    return await evaluate({ answerer, benchmarks, context, producer: producer(), seed, exactLimit, out, signal });
  } finally {
    await answerer.close();
  }
}

/** The flags that say which model is meant, without those that are absent. */
function modelFlags(
  { model, revision, seed, backend, trustPlugins }: EvaluateFlags,
  chosen: Readonly<Record<string, unknown>>,
): Parameters<typeof openModel>[0] {
  const all = { model, revision, seed, backend, trustPlugins, ...chosen };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Name and version of this program. */
function producer(): string {
  const { name, version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return `${name} ${version}`;
}

/** A folder below `evaluations`, named after the model and the time. */
function newFolder(model: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join('evaluations', `${basename(resolve(model))}-${time}`);
}

function print(results: readonly EvaluationResults[], out: string, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`);
    return;
  }
  const several = results.length > 1;
  const rows = results.flatMap(({ model, benchmarks }) =>
    benchmarks.map((result) => ({ result, ...(several && { label: String(model.iteration ?? model.name) }) })),
  );
  process.stdout.write(`${resultsTable(rows)}\n`);
  process.stderr.write(`Results and responses are in ${printable(out)}\n`);
}
