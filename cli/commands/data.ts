import { createRunContainer } from '../../core/container/run-container.js';
import type { Problem } from '../../core/contracts/data.js';
import { createRandom } from '../../core/random.js';
import { ProblemLoader } from '../../core/train/loop/problem-loader.js';
import { openProblems } from '../../core/train/loop/open-problems.js';
import { gatherConfig, type ConfigFlags } from '../config/gather.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { exitCodes } from '../report-error.js';
import { screenEvents } from '../screen-events.js';
import { dataReportText } from '../terminal/data-report-text.js';
import { createScreen } from '../terminal/screen.js';

const shownProblems = 5;

/**
 * `orz-train data`: what the data of a configuration are and what its filters leave out, without training: the
 * tokenizer of the model is loaded, its weights are not. Prints the report, then throws what would prevent training, if
 * anything does. Returns the exit code.
 */
export async function reportData({
  json = false,
  ...flags
}: ConfigFlags & { readonly json?: boolean }): Promise<number> {
  const { name, preset, resolved } = await gatherConfig(flags, process.cwd());
  const { config } = resolved;
  const random = createRandom(config.seed);
  const platform = createNodePlatform('.');
  const screen = createScreen(process.stderr);
  const events = screenEvents(screen);
  const container = await createRunContainer({
    resolved,
    platform,
    events,
    random,
    only: ['data', 'template', 'reward', 'model'],
  });
  try {
    const { problems, report, failure } = await openProblems(
      { config, container, platform, events, random, signal: new AbortController().signal },
      'all',
    );
    screen.close();
    const first: readonly Problem[] =
      problems.train.length === 0
        ? []
        : new ProblemLoader(problems.train, random.stream('problem order')).take(0, shownProblems);
    process.stdout.write(
      json
        ? `${JSON.stringify({ preset, seed: config.seed, ...report, first }, null, 2)}\n`
        : dataReportText({ preset: name, config, report, first }),
    );
    if (failure !== undefined) throw failure;
    return exitCodes.ok;
  } finally {
    screen.close();
    await container.dispose();
  }
}
