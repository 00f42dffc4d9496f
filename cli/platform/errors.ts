import { delimiter } from 'node:path';
import { messageOf } from '../../core/boundary/safe-text.js';
import type { Problem } from '../../core/contracts/data.js';
import { OrzError } from '../../core/errors.js';
import { shellQuote } from '../../core/shell-quote.js';
import type { WorkerKind } from './worker-kind.js';
import type { WorkerFailure, WorkerModule } from './worker-messages.js';

/** A path given to the storage of a run leads out of its folder. */
export function outsideRunFolder(root: string, path: string): OrzError {
  return new OrzError('ORZ_STORAGE', 'A file of a run must lie in its folder', {
    value: path,
    allowed: `a relative path below ${root}`,
    origin: root,
    remedy: 'Use a relative path without `..`.',
  });
}

/** A part of a path in a run folder is a link to something outside, or to nothing. */
export function linkOutOfFolder(root: string, link: string): OrzError {
  return new OrzError('ORZ_STORAGE', `${link} is a link out of the folder`, {
    value: link,
    allowed: `files below ${root}, and links to such`,
    origin: root,
    remedy: 'Put the file or folder itself in its place. A whole run folder may be a link, or lie on another disk.',
  });
}

/** Something else stands where a file should be; `kind` says what. */
export function notAFile(file: string, kind: string): OrzError {
  return new OrzError('ORZ_STORAGE', `${file} is ${kind}, not a file`, {
    value: kind,
    allowed: 'a regular file',
    origin: file,
    remedy: 'Move it away, or restore the file.',
  });
}

/** A file is to be shortened to more bytes than it has. */
export function cannotShorten(file: string, size: number, bytes: number): OrzError {
  return new OrzError('ORZ_STORAGE', `${file} has ${size} bytes and cannot be shortened to ${bytes}`, {
    value: size,
    allowed: `at least ${bytes}`,
    origin: file,
    remedy: 'Restore the content that the file had; another program shortened it.',
  });
}

const storageRemedies: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, or choose another folder.',
  EDQUOT: 'Your quota on this disk is used up: free some space, or choose another folder.',
  EACCES: 'Give yourself the right to write there, or choose another folder.',
  EPERM: 'Give yourself the right to write there, or choose another folder.',
  EROFS: 'This disk is read-only: choose another folder.',
  ENOTDIR: 'A part of the path is a file: move it away, or choose another folder.',
  EISDIR: 'A folder stands where the file should be: move it away.',
  ENOTEMPTY: 'Something stands where it should be written: move it away, or choose another folder.',
  EEXIST: 'Something stands where it should be written: move it away, or choose another folder.',
};

/** A system call on a file of the run failed; `action` is a verb such as `read`. */
export function diskFailure(action: string, file: string, cause: NodeJS.ErrnoException): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot ${action} ${file}: ${cause.message}`, {
    value: cause.code,
    origin: file,
    cause,
    remedy: storageRemedies[cause.code ?? ''] ?? 'Check the disk and the path, or choose another folder.',
  });
}

/** A name in a folder of the user leads out of it. */
export function leavesFolder(root: string, name: string): OrzError {
  return new OrzError('ORZ_STORAGE', `${name} leads out of the folder ${root}`, {
    value: name,
    allowed: 'names below the folder, without .. and without links out of it',
    origin: root,
    remedy: 'Copy the file into the folder, or name the folder that holds it.',
  });
}

/** A link in a folder of the user leads out of it, to `target`; `stores` are the folders that its links lead into. */
export function linkLeavesFolder(
  root: string,
  name: string,
  { target, stores }: { readonly target: string; readonly stores: readonly string[] },
): OrzError {
  return new OrzError('ORZ_STORAGE', `${name} leads out of the folder ${root}: it is a link to ${target}`, {
    value: target,
    allowed: 'links within the folder, and into the stores that ORZ_LINK_STORES names',
    origin: root,
    remedy:
      `If you trust the folder, allow the store that it links to, and run the command again: ` +
      `export ORZ_LINK_STORES=${shellQuote(stores.join(delimiter))}`,
  });
}

/** ORZ_LINK_STORES names something that is no store. */
export function noLinkStore(path: string, cause?: unknown): OrzError {
  const problem = cause === undefined ? 'names the whole disk' : `names ${path}, which is not there`;
  return new OrzError('ORZ_STORAGE', `ORZ_LINK_STORES ${problem}`, {
    value: path,
    allowed: `folders that links may lead into, separated by ${delimiter}`,
    origin: 'ORZ_LINK_STORES',
    remedy: 'Name the folder of the store, or unset ORZ_LINK_STORES.',
    ...(cause !== undefined && { cause }),
  });
}

/** A folder of the user lacks a file. */
export function missingFile(root: string, name: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no ${name} in ${root}`, {
    value: name,
    origin: root,
    remedy: 'Check the path of the folder, and that it was copied completely.',
  });
}

/** A file in a folder of the user exists and cannot be read. */
export function cannotReadFile(root: string, name: string, cause: unknown): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot read ${name} in ${root}: ${(cause as Error).message}`, {
    value: (cause as NodeJS.ErrnoException).code ?? name,
    origin: root,
    remedy: 'Check the file and the permissions on it.',
    cause,
  });
}

/** A file that exists but cannot be read; `path` is absolute. */
export function unreadableFile(path: string, cause: unknown): OrzError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OrzError('ORZ_STORAGE', `Cannot read ${path}: ${reason}`, {
    value: path,
    origin: 'data',
    cause,
    remedy: 'Give a file that you may read.',
  });
}

/** What a thread reported. */
export function workFailed({ part, remedy }: WorkerKind, failure: WorkerFailure): OrzError {
  return new OrzError(failure.code, failure.message, {
    origin: part,
    remedy,
    ...(failure.stack !== undefined && { cause: failure.stack }),
  });
}

/** A problem holds what cannot be sent to a thread, such as a function. */
export function problemNotCloneable({ code, thread }: WorkerKind, { id }: Problem, cause: unknown): OrzError {
  return new OrzError(code, `Problem "${id}" cannot be sent to a ${thread}: ${messageOf(cause)}`, {
    value: id,
    allowed: 'problems of plain data',
    origin: 'data',
    remedy: 'Correct the data source: the members of a problem must be texts, numbers, lists and plain objects.',
  });
}

/** One piece of work after another was given up, and none was done between them. */
export function nothingDone({ code, part }: WorkerKind, pieces: number, last: string): OrzError {
  return new OrzError(code, `The ${part} gave no result for ${pieces} pieces of work in a row`, {
    value: last,
    allowed: `fewer than ${pieces} in a row that are stopped or end their thread`,
    origin: part,
    remedy: `Correct the ${part}, or raise grading.timeoutMs if it is merely slow; what was saved stays.`,
  });
}

/** A thread exited while it loaded its module. */
export function loadFailed({ code, thread, part }: WorkerKind, { moduleUrl }: WorkerModule, cause: unknown): OrzError {
  return new OrzError(code, `A ${thread} exited while it loaded the ${part} ${moduleUrl}`, {
    origin: moduleUrl,
    remedy: 'Import the module alone in node to see why.',
    cause,
  });
}

/** A thread did not load its module within `limitMs`. */
export function loadTimeout(
  { code, thread, part }: WorkerKind,
  { moduleUrl }: WorkerModule,
  limitMs: number,
): OrzError {
  return new OrzError(
    code,
    `A ${thread} was not ready after ${limitMs} ms: this process waited for it to load the ${part} ${moduleUrl}`,
    { value: limitMs, origin: moduleUrl, remedy: 'Import the module alone in node to see what it waits for.' },
  );
}

/** The build lacks the code of the threads. */
export function missingWorker({ code, thread }: WorkerKind, path: string): OrzError {
  return new OrzError(code, `The compiled ${thread} ${path} is missing`, {
    value: path,
    origin: 'build',
    remedy: 'Run in the clone: npm run prepare',
  });
}

/** The pool was stopped while work waited to be done. */
export function threadsStopped({ code, thread, part }: WorkerKind): OrzError {
  return new OrzError(code, `The ${thread}s were stopped before this was done`, {
    origin: part,
    remedy: 'Report it unless the run was stopping.',
  });
}
