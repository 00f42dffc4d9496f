import type { FileFolder } from '../../../core/contracts/files.js';
import type { DataFile } from '../../../core/data/files/data-file.js';
import { isOrzError, type OrzError } from '../../../core/errors.js';

/** A folder of one file in memory. */
export function fileOf(name: string, content: string | Uint8Array): DataFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const folder: FileFolder = {
    location: 'memory',
    size: async (asked) => (asked === name ? bytes.length : undefined),
    read: async (_, from = 0, to = bytes.length) => bytes.slice(from, to),
  };
  return { folder, name, label: name };
}

/** The OrzError that `work` ends with. */
export async function errorOf(work: Promise<unknown> | (() => unknown)): Promise<OrzError> {
  const outcome: unknown = await (async () => (typeof work === 'function' ? work() : work))().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (isOrzError(outcome)) return outcome;
  throw new Error(`expected an OrzError, got ${String(outcome)}`);
}

/** Everything that comes, in one list. */
export async function allOf<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
