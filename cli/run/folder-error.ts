import { OrzError } from '../../core/errors.js';

/** ORZ_STORAGE for a run folder, or a file in it, that cannot be made. */
export function folderError(path: string, cause: unknown): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot make ${path}: ${(cause as Error).message}`, {
    value: (cause as NodeJS.ErrnoException).code,
    origin: path,
    cause,
    remedy: 'Choose a folder you may write to, on a disk with free space, with --run-dir.',
  });
}
