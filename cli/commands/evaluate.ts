import { join } from 'node:path';
import type { EvaluationResults } from '../../core/evaluation/results.js';
import { chosenCheckpoints } from '../evaluate/checkpoints.js';
import { chooseBenchmarks, divideSettings } from '../evaluate/choose-benchmarks.js';
import { evaluationInterrupted } from '../evaluate/errors.js';
import { evaluate } from '../evaluate/evaluate.js';
import { newFolder, openAnswerer, type AnswererTarget } from '../evaluate/open-answerer.js';
import { benchmarkFlags, refuseContradictions, type EvaluateFlags } from '../evaluate/options.js';
import { resultsTable } from '../evaluate/table.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { producer } from '../producer.js';
import { exitCodes } from '../report-error.js';
import { namedOrNewest } from '../run/default-run.js';
import { latestRun } from '../run/saved-model.js';
import { screenEvents } from '../screen-events.js';
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
  const out = flags.out ?? newFolder('evaluations', flags, runDir);
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

async function evaluateOne(
  names: readonly string[],
  flags: EvaluateFlags,
  target: AnswererTarget,
): Promise<EvaluationResults> {
  const { runDir, out, events, signal } = target;
  const { benchmarks: set, config } = divideSettings(flags.set ?? []);
  const shared = benchmarkFlags(flags);
  const opened = await openAnswerer(flags, config, target);
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
    const exactLimit = shared.maxResponseTokens !== undefined;
    return await evaluate({ answerer, benchmarks, context, producer: producer(), seed, exactLimit, out, signal });
  } finally {
    await answerer.close();
  }
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
  process.stdout.write(`${resultsTable(rows, process.stdout.columns)}\n`);
  process.stderr.write(`Results and responses are in ${printable(out)}\n`);
}
