import { readableCause } from '../../core/boundary/errors.js';
import { messageOf } from '../../core/boundary/safe-text.js';
import { OrzError, type ErrorCode, type ErrorDetails } from '../../core/errors.js';
import { shellQuote } from '../../core/shell-quote.js';
import type { Problem } from '../setup/problem.mjs';

/** How a process exited, as Node reports it. */
export interface ProcessExit {
  readonly code: number | null;
  /** Name of the signal that killed it. */
  readonly signal: string | null;
}

const lessMemory =
  'lower rolloutBatchSize, maxResponseTokens, engine.maxSlots or engine.microBatchTokens, or take a smaller preset';

/** Likely causes by the traces they leave; the first that matches is told. */
const causes: readonly { readonly matches: (exit: ProcessExit, output: string) => boolean; readonly remedy: string }[] =
  [
    {
      matches: (_, output) => /JavaScript heap out of memory/.test(output),
      remedy:
        'The JavaScript heap was full: start with NODE_OPTIONS=--max-old-space-size=8192 (MiB), ' + `or ${lessMemory}.`,
    },
    {
      matches: (_, output) =>
        /bad_alloc|[Ff]ailed to allocate memory|Cannot allocate memory|out of memory/.test(output),
      remedy: `There was not enough memory: ${lessMemory}.`,
    },
    {
      matches: ({ signal }) => signal === 'SIGKILL',
      remedy:
        'Somebody or the system killed it. The system does so when memory runs out, which is the most common reason: ' +
        `${lessMemory}.`,
    },
    {
      matches: ({ signal }) => signal !== null && ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGABRT'].includes(signal),
      remedy:
        'A native library crashed. If it happens again, try another backend or provider ' +
        '(orz-train plugins lists them) and please report it.',
    },
  ];

/** What is known about a run process that is gone. */
export interface DeadProcess {
  /** What happened, in words. */
  readonly how: string;
  readonly exit?: ProcessExit;
  /** The last lines it printed. */
  readonly lastLines: readonly string[];
  readonly cause?: unknown;
}

/** The run process exited without reporting a result; the remedy names the likely cause. */
export function runDied({ how, exit = { code: null, signal: null }, lastLines, cause }: DeadProcess): OrzError {
  const output = lastLines.join('\n');
  return new OrzError('ORZ_RUN_DIED', `The run process stopped unexpectedly: ${how}`, {
    value: lastLines.length === 0 ? 'it printed nothing' : output,
    origin: 'run process',
    ...(cause === undefined ? {} : { cause }),
    remedy:
      causes.find(({ matches }) => matches(exit, output))?.remedy ??
      'Read its last lines above. If they do not explain it, please report it.',
  });
}

/** The same error with `sentence` after its remedy; its stack stays. */
export function withFurtherRemedy(error: OrzError, sentence: string): OrzError {
  const { remedy = '' } = error.details;
  const first = remedy === '' || /[.!?]$/.test(remedy) ? remedy : `${remedy}.`;
  const extended = new OrzError(error.code, error.message, {
    ...error.details,
    remedy: `${first} ${sentence}`.trim(),
  });
  if (error.stack !== undefined) extended.stack = error.stack;
  return extended;
}

/** An error of the run process, made again from its parts. */
export const recreated = (code: ErrorCode, message: string, details: ErrorDetails): OrzError =>
  new OrzError(code, message, details);

/** The user stopped the run while it was still starting. */
export function stoppedBeforeTraining(signal: string): OrzError {
  return new OrzError('ORZ_INTERRUPTED', 'Stopped before training began', {
    value: signal,
    remedy: 'Start it again with the same command.',
  });
}

/** An array or tensor of the run could not be allocated. */
export function outOfMemory(cause: unknown): OrzError {
  return new OrzError('ORZ_INSUFFICIENT', 'The run ran out of memory', {
    origin: 'run process',
    cause,
    remedy: `${lessMemory.charAt(0).toUpperCase()}${lessMemory.slice(1)}.`,
  });
}

/** Thrown in a timer, or in a promise that was dropped: `plugins` are the files it may come from. */
export function thrownOutsideCalls(thrown: unknown, plugins: readonly string[]): Error {
  const cause = readableCause(thrown);
  const file = plugins.find((path) => cause?.stack?.includes(path));
  if (file === undefined && cause !== undefined) return cause;
  const who = file === undefined ? 'Something' : `The plugin ${file}`;
  return new OrzError('ORZ_PLUGIN_FAILED', `${who} threw outside any call: ${messageOf(thrown)}`, {
    origin: file ?? ['run process', ...plugins].join(', '),
    remedy: 'Correct the plugin: catch what its timers and the promises it does not await throw.',
    cause,
  });
}

/** A run folder, or a file in it, cannot be created. */
export function cannotCreate(path: string, cause: unknown): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot create ${path}: ${(cause as Error).message}`, {
    value: (cause as { readonly code?: string }).code,
    origin: path,
    cause,
    remedy: ['EEXIST', 'ENOTDIR'].includes((cause as { readonly code?: string }).code ?? '')
      ? 'There is a file where a folder is needed: choose another one with --run-dir or --out.'
      : 'Choose a folder you may write to, on a disk with free space, with --run-dir or --out.',
  });
}

/** Who owns the lock of a run folder. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Seconds since its last sign of life, where it cannot be asked: on another machine. */
  readonly silentSeconds?: number;
}

/** Another process owns the lock of a run folder. */
export function runLocked(path: string, file: string, { pid, host, silentSeconds }: LockHolder): OrzError {
  const wait = 'Wait for it, stop it, or choose another folder with --run-dir or --out.';
  const remove = `rm ${shellQuote(file)}`;
  return new OrzError('ORZ_RUN_LOCKED', `Another process is running in ${path}`, {
    value: `process ${pid} on ${host}`,
    origin: file,
    remedy:
      silentSeconds === undefined
        ? `${wait} If you are sure that it is gone, remove its lock: ${remove}`
        : `${wait} Its last sign of life was ${silentSeconds} s ago; after 20 minutes without one the lock is taken ` +
          'over. If you are sure that it is gone, for instance with a container that had another host name, remove ' +
          `the lock now: ${remove}`,
  });
}

/** Something else has the name of the lock. */
export function lockNotAFile(file: string): OrzError {
  return new OrzError('ORZ_STORAGE', `The folder cannot be locked: ${file} is not a file`, {
    value: file,
    allowed: 'no file of that name, or the lock of a run',
    origin: file,
    remedy: 'Move it away.',
  });
}

/** The path of the run folder leads elsewhere than at the start, or the lock in it is gone or another's. */
export function lostRunFolder(path: string): OrzError {
  return new OrzError('ORZ_RUN_LOST', `${path} is no longer the folder that this run has locked`, {
    value: path,
    allowed: 'the folder in which the run began, with its lock',
    origin: 'run folder',
    remedy:
      'It was moved, removed or replaced, or its lock was; nothing more was written there. What was saved before is ' +
      'where the folder is now: continue with orz-train --resume RUN_FOLDER',
  });
}

/** The folder of a new run holds files that are no run. */
export function folderNotEmpty(path: string, content: readonly string[]): OrzError {
  return new OrzError('ORZ_USAGE', `The folder ${path} is not empty and holds no run to continue`, {
    value: content.slice(0, 5),
    allowed: 'a new or empty folder, or that of a run',
    origin: '--run-dir',
    remedy: 'Choose another --run-dir, or leave it out to get a new folder below runs/.',
  });
}

/** `flag` names a folder that holds no run; `missing` is the path at which it was looked for. */
export function noRunIn(folder: string, flag: '--resume' | '--run-dir', missing = folder): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no run in ${folder === '' ? "''" : folder}`, {
    value: missing,
    allowed: 'the folder of a run',
    origin: flag,
    remedy: `Name a run folder with ${flag}; runs are below runs/ unless --run-dir said otherwise.`,
  });
}

/** No run below `folder` has saved a model. */
export function noSavedRun(folder: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', 'There is no run with a saved model below the current folder', {
    value: folder,
    origin: '--run-dir',
    remedy: 'Name a run folder with --run-dir, or train first: orz-train',
  });
}

/** A run that has saved no model yet. */
export function noSavedModel(location: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', 'This run has saved no model', {
    value: location,
    origin: '--run-dir',
    remedy: 'Choose a run that has got as far as its base model.',
  });
}

/** A checkpoint that the run does not have; `known` are those it has, oldest first. */
export const noSuchCheckpoint = (name: string, known: readonly string[], location: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `This run has no checkpoint ${name}`, {
    value: location,
    allowed: known,
    origin: '--checkpoint',
    remedy: 'Name one that it has, by its iteration.',
  });

/** The run needs ONNX Runtime, and it could not be installed. */
export function onnxRuntimeNotInstalled({ message, remedy }: Problem): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `The onnx backend needs ONNX Runtime. ${message}`, {
    value: 'onnxruntime-node',
    origin: 'backend.type',
    remedy: `${remedy} Or do without it, slowly: --set backend=reference`,
  });
}
