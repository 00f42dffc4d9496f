import { once } from 'node:events';
import { basename, dirname, resolve } from 'node:path';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { emptyInput, gradingInterrupted } from '../grade/errors.js';
import { formatLine, gradeLines } from '../grade/grade-lines.js';
import { createGrader, type Grader } from '../grade/grader.js';
import { openInput, type Input } from '../grade/input.js';
import { readLines } from '../grade/lines.js';
import { openReward, type RewardFlags } from '../grade/open-reward.js';
import { Tally } from '../grade/summary.js';
import { parseWorkers } from '../grade/workers.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { createFolderStorage } from '../platform/storage.js';
import { exitCodes } from '../report-error.js';
import { stopOnSignal } from '../stop-on-signal.js';
import { printable } from '../terminal/format.js';
import type { Screen } from '../terminal/contracts.js';
import { createScreen } from '../terminal/screen.js';

export interface GradeFlags extends RewardFlags {
  /** Path, or `-` for standard input. */
  readonly input: string;
  /** Path; absent or `-`, standard output. */
  readonly output?: string;
  readonly workers?: string;
}

/**
 * `orz-train grade`: grades JSON lines with the reward of the configuration. Results go to `output`, which appears when
 * the command ends, or to stdout; progress and a summary go to stderr. Ctrl-C keeps the results so far. The exit code
 * is 1 if a line was malformed.
 */
export async function grade(flags: GradeFlags): Promise<number> {
  const output = flags.output === '-' ? undefined : flags.output;
  const stop = stopOnSignal();
  // On a terminal the results themselves show how far it is.
  const isQuiet = output === undefined && process.stdout.isTTY;
  const screen = createScreen(isQuiet ? { write: () => true } : process.stderr);
  const tally = new Tally();
  let grader: Grader | undefined;
  try {
    const input = await openInput(flags.input, stop.signal);
    grader = await openGrader(flags, screen);
    const results = gradedText({ input, grader, screen, tally, signal: stop.signal });
    if (output === undefined) await print(results);
    else await createFolderStorage(dirname(resolve(output))).write(basename(output), results);
  } finally {
    stop.dispose();
    screen.close();
    await grader?.dispose();
  }
  const records = tally.graded + tally.malformed;
  if (records === 0 && !stop.signal.aborted) throw emptyInput(flags.input);
  process.stderr.write(`${tally.toString()}\n`);
  if (stop.signal.aborted) throw gradingInterrupted(String(stop.signal.reason), records, output);
  return tally.malformed === 0 ? exitCodes.ok : exitCodes.data;
}

async function openGrader(flags: GradeFlags, screen: Screen): Promise<Grader> {
  const workers = parseWorkers(flags.workers);
  const platform = createNodePlatform('.');
  const line = (text: string): void => {
    screen.line(printable(text));
  };
  const events: RunEvents = {
    phase: (name, total, unit) => screen.phase(name, total, unit),
    log: (_, message) => {
      line(message);
    },
  };
  return createGrader(await openReward(flags, platform, events), { platform, workers, onIncident: line });
}

interface GradingParts {
  readonly input: Input;
  readonly grader: Grader;
  readonly screen: Screen;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

async function* gradedText({ input, grader, screen, tally, signal }: GradingParts): AsyncGenerator<Uint8Array> {
  // Without a size there is no end that a bar could show.
  const phase = input.size === undefined ? undefined : screen.phase('grading', input.size, 'bytes');
  const lines = readLines(input.bytes, { origin: input.name, onBytes: (bytes) => phase?.progress(bytes) });
  for await (const result of gradeLines(lines, grader, signal)) {
    tally.count(result);
    yield Buffer.from(`${formatLine(result)}\n`);
  }
  phase?.end();
}

async function print(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}
