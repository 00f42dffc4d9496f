import { join } from 'node:path';
import { chosenCheckpoints } from '../evaluate/checkpoints.js';
import { evaluationInterrupted } from '../evaluate/errors.js';
import { newFolder, openAnswerer, type AnswererTarget } from '../evaluate/open-answerer.js';
import { withOwnCommand } from '../invocation.js';
import { mine, minedFile } from '../mine/mine.js';
import type { MinedProblem } from '../mine/mined-file.js';
import { isOfRun, refuseMineContradictions, samplingOf, settingsOf, type MineFlags } from '../mine/options.js';
import { openMinedProblems } from '../mine/problems.js';
import { mineSummary } from '../mine/summary.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { producer } from '../producer.js';
import { exitCodes } from '../report-error.js';
import { namedOrNewest } from '../run/default-run.js';
import { latestRun } from '../run/saved-model.js';
import { screenEvents } from '../screen-events.js';
import { stopOnSignal } from '../stop-on-signal.js';
import { createScreen } from '../terminal/screen.js';

/**
 * `orz-train mine`: how often a model answers each training problem, as training data. Everything goes to a folder, a
 * summary to stdout. Ctrl-C keeps all finished problems. Returns the exit code.
 */
export async function mineProblems(files: readonly string[], flags: MineFlags): Promise<number> {
  refuseMineContradictions(files, flags);
  const runDir = isOfRun(flags) ? await namedOrNewest(flags.runDir, latestRun) : undefined;
  const [checkpoint] = runDir === undefined ? [] : await chosenCheckpoints(runDir, flags.checkpoint);
  const out = flags.out ?? newFolder('mined', flags, runDir);
  const stop = stopOnSignal();
  const screen = createScreen(process.stderr);
  let mined: readonly MinedProblem[];
  try {
    const target = { runDir, checkpoint, out, signal: stop.signal, events: screenEvents(screen) };
    mined = await mineWith(files, flags, target);
  } catch (error) {
    if (stop.signal.aborted) throw evaluationInterrupted(String(stop.signal.reason), out);
    throw error;
  } finally {
    stop.dispose();
    screen.close();
  }
  process.stdout.write(withOwnCommand(mineSummary(mined, join(out, minedFile))));
  return exitCodes.ok;
}

async function mineWith(
  files: readonly string[],
  flags: MineFlags,
  target: AnswererTarget,
): Promise<readonly MinedProblem[]> {
  const { out, events, signal } = target;
  const sampling = samplingOf(flags);
  const opened = await openAnswerer(flags, settingsOf(files, flags), target);
  const context = { ...opened.context, platform: createNodePlatform('.'), events };
  const asked = { context, prompts: opened.prompts, limit: sampling['limit'], signal };
  const mined = await openMinedProblems(asked).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const answerer = await opened.answerer();
  try {
    const { seed } = context.resolved.config;
    const exactLimit = sampling['maxResponseTokens'] !== undefined;
    const how = { sampling, isRun: target.runDir !== undefined, seed, exactLimit, producer: producer() };
    return await mine({ answerer, context, mined, out, signal, ...how });
  } finally {
    await answerer.close();
  }
}
