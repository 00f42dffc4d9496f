import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { EvaluationResults } from '../../core/evaluation/results.js';
import type { Answerer } from '../../core/contracts/answerer.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { configFile } from '../config/gather.js';
import { chosenCheckpoints } from '../evaluate/checkpoints.js';
import { chooseBenchmarks, divideSettings } from '../evaluate/choose-benchmarks.js';
import { evaluationInterrupted } from '../evaluate/errors.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { EvaluationContext } from '../evaluate/grading.js';
import { openLocalAnswerer } from '../evaluate/local-answerer.js';
import { benchmarkFlags, refuseContradictions, type EvaluateFlags } from '../evaluate/options.js';
import { resultsTable } from '../evaluate/table.js';
import { openServed } from '../evaluate/served/open-served.js';
import type { TrafficCounts } from '../evaluate/served/traffic.js';
import { recordTraffic, serverFolderName } from '../evaluate/served/record-traffic.js';
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
  const isRun = flags.model === undefined && flags.url === undefined;
  const runDir = isRun ? await namedOrNewest(flags.runDir, latestRun) : undefined;
  const checkpoints = runDir === undefined ? [undefined] : await chosenCheckpoints(runDir, flags.checkpoint);
  const out =
    flags.out ?? newFolder(flags.url === undefined ? (runDir ?? flags.model ?? '') : serverFolderName(flags.url));
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

async function evaluateOne(names: readonly string[], flags: EvaluateFlags, target: Target): Promise<EvaluationResults> {
  const { runDir, out, events, signal } = target;
  const { benchmarks: set, config } = divideSettings(flags.set ?? []);
  const shared = benchmarkFlags(flags);
  const opened = await (flags.url === undefined
    ? openHere(flags, config, target)
    : openThere(flags.url, { ...flags, set: config }, target));
  const context = { ...opened.context, platform: createNodePlatform('.'), events };
  const { config: resolved } = context.resolved;
  const choice = {
    names,
    set,
    shared,
    chat: resolved.template.type === 'chat',
    ...(runDir !== undefined && { run: runDir }),
  };
  const benchmarks = await chooseBenchmarks(choice, context).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const answerer = await opened.answerer();
  try {
    const { seed } = resolved;
    const exactLimit = shared['maxResponseTokens'] !== undefined;
    return await evaluate({ answerer, benchmarks, context, producer: producer(), seed, exactLimit, out, signal });
  } finally {
    await answerer.close();
  }
}

/** Who answers, and the configuration that says how benchmarks are read and graded. */
interface Opened {
  readonly context: Pick<EvaluationContext, 'resolved' | 'registry' | 'plugins'>;
  /** Closes itself where it cannot be opened. */
  answerer(): Promise<Answerer>;
  /** For when nobody is asked to answer. */
  close(): Promise<void>;
}

async function openHere(
  flags: EvaluateFlags,
  set: readonly string[],
  { runDir, checkpoint, events, signal }: Target,
): Promise<Opened> {
  const template = flags.chat === true ? 'chat' : flags.template;
  const file = runDir === undefined ? await configFile(flags, process.cwd()) : undefined;
  const model = await openModel(modelFlags(flags, { runDir, checkpoint, template, set, file }), events, signal);
  return { context: model, answerer: () => openLocalAnswerer(model), close: () => model.close() };
}

async function openThere(url: string, flags: EvaluateFlags, { out, events, signal }: Target): Promise<Opened> {
  const onClose = (traffic: TrafficCounts): Promise<void> => recordTraffic(traffic, out, events);
  const file = await configFile(flags, process.cwd());
  const opened = await openServed(url, { ...flags, file }, { events, onClose }, signal);
  const { answerer, ...context } = opened;
  return { context, answerer: async () => answerer, close: () => answerer.close() };
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
