import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import colors from 'picocolors';
import { verdicts } from '../../core/contracts/data.js';
import { OrzError } from '../../core/errors.js';
import { formatLine, gradeLines, type GradedLine } from '../../plugins/reward-math/grade-file.js';
import { createFolderStorage } from '../platform/storage.js';
import { exitCodes } from '../report-error.js';
import { formatNumber, printable } from '../terminal/format.js';
import { createScreen } from '../terminal/screen.js';

export interface GradeFlags {
  readonly input: string;
  readonly output?: string;
}

const shownMalformed = 10;

/**
 * `orz-train grade`: grades a file of JSON lines with the math reward. Results go to `output`, which appears only when complete, or to stdout; progress
 * and a summary go to stderr. The exit code is 1 if a line was malformed.
 */
export async function grade({ input, output }: GradeFlags): Promise<number> {
  const size = await sizeOf(input);
  const tally = createTally();
  // On a terminal the results themselves show how far it is.
  const quiet = output === undefined && process.stdout.isTTY;
  const screen = createScreen(quiet ? { write: () => true } : process.stderr);
  const phase = screen.phase('grading', size, 'bytes');
  try {
    const results = gradedText(input, tally, (bytes) => {
      phase.progress(bytes);
    });
    if (output === undefined) await print(results);
    else await createFolderStorage(dirname(resolve(output))).write(basename(output), results);
    phase.end();
  } finally {
    screen.close();
  }
  if (tally.graded + tally.malformed.length === 0) {
    throw new OrzError('ORZ_DATA_EMPTY', `${input} holds no line to grade`, {
      value: input,
      allowed: 'JSON lines',
      origin: '--input',
      remedy: 'Each line: {"id": 1, "gold": "…", "prediction": "…"}',
    });
  }
  process.stderr.write(`${summary(tally)}\n`);
  return tally.malformed.length === 0 ? exitCodes.ok : exitCodes.failure;
}

async function sizeOf(input: string): Promise<number> {
  try {
    const status = await stat(input);
    if (status.isFile()) return status.size;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  throw new OrzError('ORZ_DATA_MISSING', `There is no file ${input}`, {
    value: input,
    allowed: 'a file of JSON lines',
    origin: '--input',
    remedy: 'Correct the path; it is relative to the current folder.',
  });
}

async function* gradedText(
  input: string,
  tally: Tally,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(input);
  for await (const result of gradeLines(createInterface({ input: stream, crlfDelay: Infinity }))) {
    count(tally, result);
    onProgress(stream.bytesRead);
    yield Buffer.from(`${formatLine(result)}\n`);
  }
}

async function print(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}

interface Tally {
  graded: number;
  value: number;
  readonly byVerdict: Map<string, number>;
  readonly malformed: { readonly line: number; readonly error: string }[];
}

const createTally = (): Tally => ({ graded: 0, value: 0, byVerdict: new Map(), malformed: [] });

function count(tally: Tally, result: GradedLine): void {
  if (result.kind === 'malformed') {
    tally.malformed.push(result);
    return;
  }
  tally.graded++;
  tally.value += result.value;
  tally.byVerdict.set(result.verdict, (tally.byVerdict.get(result.verdict) ?? 0) + 1);
}

function summary({ graded, value, byVerdict, malformed }: Tally): string {
  const counts = verdicts.flatMap((verdict) =>
    byVerdict.has(verdict) ? [`${verdict} ${formatNumber(byVerdict.get(verdict)!)}`] : [],
  );
  const bad = malformed
    .slice(0, shownMalformed)
    .map(({ line, error }) => colors.red(`line ${line}: ${printable(error)}`));
  const rest =
    malformed.length > shownMalformed
      ? [colors.red(`… and ${malformed.length - shownMalformed} more malformed lines`)]
      : [];
  return [
    ...bad,
    ...rest,
    `${formatNumber(graded)} graded, mean value ${graded === 0 ? '–' : (value / graded).toFixed(4)}: ${counts.join(', ')}${malformed.length === 0 ? '' : `; ${malformed.length} malformed`}`,
  ].join('\n');
}
