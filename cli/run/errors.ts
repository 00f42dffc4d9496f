import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OrzError, isOrzError, type ErrorCode } from '../../core/errors.js';
import { checkpointFolder } from '../../core/train/state/checkpoint-names.js';

/** How a process ended, as Node reports it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const lessMemory =
  'lower rolloutBatchSize, maxResponseTokens, engine.maxSlots or engine.microBatchTokens, or take a smaller preset';

/** Likely causes, by what is seen; the first that fits is told. */
const causes: readonly { readonly fits: (end: ProcessEnd, lines: string) => boolean; readonly remedy: string }[] = [
  {
    fits: (_, lines) => /JavaScript heap out of memory/.test(lines),
    remedy: `The JavaScript heap was full: start with NODE_OPTIONS=--max-old-space-size=8192 (MiB), or ${lessMemory}.`,
  },
  {
    fits: (_, lines) => /bad_alloc|[Ff]ailed to allocate memory|Cannot allocate memory|out of memory/.test(lines),
    remedy: `There was not enough memory: ${lessMemory}.`,
  },
  {
    fits: ({ signal }) => signal === 'SIGKILL',
    remedy: `Somebody or the system killed it; the system does so when memory runs out, which is the usual reason: ${lessMemory}.`,
  },
  {
    fits: ({ signal }) => signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGILL' || signal === 'SIGABRT',
    remedy:
      'A native library crashed. If it happens again, try another backend or provider (--set backend.provider=cpu) and please report it.',
  },
];

/** ORZ_RUN_DIED with how the process ended, its last lines and the likely cause. */
export function diedError(how: string, end: ProcessEnd, lastLines: readonly string[], cause?: unknown): OrzError {
  const lines = lastLines.join('\n');
  return new OrzError('ORZ_RUN_DIED', `The run process ended unexpectedly: ${how}`, {
    value: lastLines.length === 0 ? 'it printed nothing' : lines,
    origin: 'run process',
    ...(cause === undefined ? {} : { cause }),
    remedy:
      causes.find(({ fits }) => fits(end, lines))?.remedy ??
      'Its last lines are above. If they do not explain it, please report it.',
  });
}

/** Errors that say themselves what to do, or that another start in the same folder cannot mend. */
const complete: readonly ErrorCode[] = ['ORZ_INTERRUPTED', 'ORZ_RESUME', 'ORZ_RUN_LOCKED', 'ORZ_USAGE', 'ORZ_CANARY'];

/** The error with the command that goes on from the last checkpoint, if the folder of the run holds one. */
export function withWayOn(error: unknown, runDir: string | undefined): unknown {
  if (
    !isOrzError(error) ||
    complete.includes(error.code) ||
    runDir === undefined ||
    !existsSync(join(runDir, checkpointFolder))
  )
    return error;
  const way = `Go on from the last checkpoint with: orz-train --resume ${JSON.stringify(runDir)}`;
  const { remedy = '' } = error.details,
    sentence = remedy === '' || /[.!?]$/.test(remedy) ? remedy : `${remedy}.`;
  const told = new OrzError(error.code, error.message, { ...error.details, remedy: `${sentence} ${way}`.trim() });
  if (error.stack !== undefined) told.stack = error.stack;
  return told;
}
