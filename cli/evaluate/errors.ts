import { nearest, OrzError } from '../../core/errors.js';
import { shellQuote } from '../../core/shell-quote.js';

/** The value of a flag is not what it takes. */
export const badValue = (flag: string, text: string, allowed: string, example: string): OrzError =>
  new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed,
    origin: flag,
    remedy: `Correct it, for example: ${flag} ${example}`,
  });

/** Flags that contradict or need each other; `message` says which. */
export const badCombination = (message: string, remedy: string): OrzError =>
  new OrzError('ORZ_USAGE', message, { origin: 'command line', remedy });

/** A benchmark that no plugin provides, nor is a held-out set of the run. */
export function unknownBenchmark(name: string, known: readonly string[]): OrzError {
  const near = nearest(name, known);
  return new OrzError('ORZ_USAGE', `There is no benchmark '${name}'`, {
    value: name,
    allowed: known,
    origin: 'command line',
    remedy:
      near === undefined
        ? 'See: orz-train benchmarks. A file of your own is named by its path: orz-train evaluate ./exam.jsonl'
        : `Did you mean ${near}?`,
  });
}

export const noBenchmark = (known: readonly string[]): OrzError =>
  new OrzError('ORZ_USAGE', '`evaluate` needs a benchmark', {
    allowed: known,
    origin: 'command line',
    remedy: 'Name one or more, for example: orz-train evaluate gsm8k --model owner/name. See: orz-train benchmarks',
  });

export const benchmarkTwice = (name: string): OrzError =>
  new OrzError('ORZ_USAGE', `The benchmark ${name} is named twice`, {
    value: name,
    origin: 'command line',
    remedy: 'Name it once. Files of the same name are evaluated one at a time.',
  });

/** A name that cannot be that of a file. */
export const badBenchmarkName = (name: string): OrzError =>
  new OrzError('ORZ_USAGE', `The benchmark ${JSON.stringify(name)} cannot be evaluated under this name`, {
    value: name,
    allowed: 'what can be the name of a file, begins with no dot and does not end in .partial',
    origin: name,
    remedy: 'Rename it, or give the file of its questions another name with: --set benchmarks.file.name=NAME',
  });

/** `--set benchmarks.NAME.…` for a benchmark that is not evaluated. */
export const unusedSettings = (label: string, names: readonly string[]): OrzError =>
  new OrzError('ORZ_USAGE', `${label} is for a benchmark that is not evaluated`, {
    ...(names.length > 0 && { allowed: names }),
    origin: '--set',
    remedy: 'Name the benchmark as an argument, or correct its name.',
  });

/** `--set benchmarks.NAME=…` with something else than settings. */
export const settingsNoObject = (path: string, value: unknown): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `${path} takes settings, not ${JSON.stringify(value)}`, {
    value,
    allowed: 'an object of settings',
    origin: '--set',
    remedy: `Name the setting, for example: --set ${path}.samples=4`,
  });

/** No questions; `name` is the benchmark. */
export const noQuestions = (name: string): OrzError =>
  new OrzError('ORZ_DATA_EMPTY', `${name} has no questions`, {
    origin: name,
    remedy: 'Give a file with at least one question.',
  });

/** The run has no held-out set. */
export const noHeldOutSets = (run: string): OrzError =>
  new OrzError('ORZ_USAGE', 'This run has no held-out set', {
    value: run,
    origin: '--run-dir',
    remedy: 'Name a benchmark, for example: orz-train evaluate gsm8k --run-dir RUN. See: orz-train benchmarks',
  });

/** A prompt, or a prompt with the response that was asked for, exceeds what the model was built for; in tokens. */
export const noRoom = (name: string, room: number, wanted: number): OrzError =>
  new OrzError(
    'ORZ_PROMPT_TOO_LONG',
    `The longest prompt of ${name} leaves ${Math.max(0, room)} tokens for a response, not ${wanted}`,
    {
      value: wanted,
      allowed: room < 1 ? 'shorter prompts' : `at most ${room}`,
      origin: name,
      remedy: room < 1 ? 'Leave long questions out, or choose a model with more positions.' : 'Lower --max-tokens.',
    },
  );

/** The folder of an evaluation with other settings; values are JSON, undefined where the setting is missing. */
export const otherSettings = (
  file: string,
  path: string,
  [before, now]: readonly [string | undefined, string | undefined],
): OrzError =>
  new OrzError('ORZ_RESUME', `The evaluation in this folder has another ${path}: ${before ?? 'none'}`, {
    value: now ?? 'none',
    allowed: before ?? 'none',
    origin: file,
    remedy: 'Choose another folder with --out, or give the settings it was begun with.',
  });

/** A folder in which something else is. */
export const foreignFolder = (path: string, names: readonly string[]): OrzError =>
  new OrzError('ORZ_USAGE', `The folder ${path} holds something else than an evaluation`, {
    value: names.slice(0, 5),
    allowed: 'a new or empty folder, or that of an evaluation',
    origin: '--out',
    remedy: 'Name another folder.',
  });

/** Stopped by a signal; everything finished is kept. */
export const evaluationInterrupted = (signal: string, folder: string): OrzError =>
  new OrzError('ORZ_INTERRUPTED', 'Stopped; the responses to all finished questions are kept', {
    value: signal,
    origin: folder,
    remedy: `Give the same command with --out ${shellQuote(folder)} to go on where it was.`,
  });
