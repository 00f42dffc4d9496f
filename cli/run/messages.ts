import { causesOf, describeValue, errorTexts } from '../../core/boundary/safe-text.js';
import type { Layer } from '../../core/config/layers.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { isOrzError, type ErrorCode, type ErrorDetails } from '../../core/errors.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { recreated } from './errors.js';

/** What the terminal process asks of the run process. All messages pass between processes: plain data only. */
export type ToRun =
  | { readonly kind: 'start'; readonly request: RunRequest }
  /** Finish the step, save, exit. `signal` is what the user sent. */
  | { readonly kind: 'stop'; readonly signal: StopSignal };

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface RunRequest {
  /** Checked by the terminal process; resolved again in the run process, because plugins cannot be sent. */
  readonly layers: readonly Layer[];
  /** Absolute paths of the user's plugins, in the order of the configuration. */
  readonly plugins: readonly string[];
  readonly runDir: string;
  /** Whether another name may be taken when the folder exists: the user named none. */
  readonly uniqueRunDir: boolean;
  /** Whether the folder must hold a run to continue, and whether it continues even as another experiment. */
  readonly resume?: { readonly required: boolean; readonly force: boolean };
}

/** What happens in a run, in order. */
export type RunReport = Exclude<FromRun, { readonly kind: 'ready' | 'alive' | 'finished' | 'failed' }>;

/** What the run process reports. */
export type FromRun =
  /** Listening: it can be told to start. */
  | { readonly kind: 'ready' }
  /** The run folder is locked. If the folder holds a run to continue, `history` follows. */
  | { readonly kind: 'started'; readonly runDir: string; readonly continues?: boolean }
  /** Sent every few seconds; `progress` is another number than the last time if something got done meanwhile. */
  | { readonly kind: 'alive'; readonly progress: number }
  | {
      readonly kind: 'phase-start';
      readonly id: number;
      readonly name: string;
      readonly total: number;
      readonly unit: string;
    }
  | { readonly kind: 'phase-progress'; readonly id: number; readonly done: number }
  | { readonly kind: 'phase-end'; readonly id: number }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn'; readonly message: string }
  | { readonly kind: 'metrics'; readonly metrics: Metrics }
  /** The evaluation before training, as metrics of iteration 0. */
  | { readonly kind: 'before'; readonly metrics: Metrics }
  /** What a run that continues has done already. */
  | ({ readonly kind: 'history' } & RunHistory)
  /** What the run computes on, in words. */
  | { readonly kind: 'device'; readonly device: string }
  /** Some responses of an iteration. */
  | { readonly kind: 'samples'; readonly iteration: number; readonly samples: readonly SampleAnswer[] }
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** The part of a run that earlier processes have done. */
export interface RunHistory {
  /** Iterations done. */
  readonly iteration: number;
  /** Seconds since the run began, without pauses. */
  readonly seconds: number;
  /** Metrics of iterations so far, evenly chosen if there are many; the first is the evaluation before training. */
  readonly metrics: readonly Metrics[];
}

/** An error as data. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  /** Of an OrzError, without its cause and without what else was found wrong. */
  readonly details?: ErrorDetails;
  readonly further?: readonly PlainError[];
  readonly cause?: PlainError;
}

/** An error with its causes as plain data; what cannot be cloned (a function in a value) becomes text. */
export const packError = (error: unknown): PlainError => packChain(error, causesOf(error));

const packChain = (error: unknown, [cause, ...deeper]: readonly unknown[]): PlainError => ({
  ...packOne(error),
  ...(cause !== undefined && { cause: packChain(cause, deeper) }),
});

function packOne(error: unknown): PlainError {
  const texts = errorTexts(error);
  if (!isOrzError(error)) return texts;
  const details = Object.fromEntries(
    Object.entries(error.details)
      .filter(([key]) => key !== 'cause' && key !== 'further')
      .map(([key, value]) => [key, cloneable(value)]),
  );
  const further = error.details.further?.map(packError);
  return { ...texts, code: error.code, details, ...(further && { further }) };
}

/** The error again, with its class, its stack and its causes. */
export function unpackError(plain: PlainError): Error {
  const cause = plain.cause === undefined ? {} : { cause: unpackError(plain.cause) };
  const error =
    plain.details === undefined
      ? namedError(plain, cause)
      : recreated(plain.code as ErrorCode, plain.message, {
          ...plain.details,
          ...(plain.further && { further: plain.further.map(unpackError).filter(isOrzError) }),
          ...cause,
        });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}

function namedError({ name, message }: PlainError, options: ErrorOptions): Error {
  const error = new Error(message, options);
  error.name = name;
  return error;
}

function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return describeValue(value);
  }
}
