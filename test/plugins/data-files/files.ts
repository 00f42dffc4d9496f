import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { isOrzError, type OrzError } from '../../../core/errors.js';

/** A new folder for each test of the calling file; `write` puts a file there and returns its path. */
export function useFolder(): {
  readonly path: (name: string) => string;
  readonly write: (name: string, content: string | Uint8Array) => string;
} {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orz-data-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const path = (name: string): string => join(folder, name);
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
  };
}

/** Events that keep the log as `level: message`. */
export function recordingEvents(): { readonly events: RunEvents; readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    events: {
      phase: () => ({ progress: () => undefined, end: () => undefined }),
      log: (level, message) => {
        log.push(`${level}: ${message}`);
      },
    },
  };
}

/** The OrzError that `work` rejects with. */
export async function errorOf(work: Promise<unknown>): Promise<OrzError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (isOrzError(outcome)) return outcome;
  throw new Error(`expected an OrzError, got ${String(outcome)}`);
}
