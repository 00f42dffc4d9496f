import * as z from 'zod';
import type { RunEvents } from '../../contracts/run-events.js';
import type { Storage } from '../../contracts/storage.js';

/** The files of the run at a checkpoint: growing ones with their size, rewritten ones by name only. */
export const recordedFiles = z.strictObject({
  appended: z.record(z.string(), z.int().min(0)),
  written: z.array(z.string()),
});
export type RecordedFiles = z.infer<typeof recordedFiles>;

/**
 * The files a run writes besides its checkpoints, known by name so that a resumed run can undo what came after its
 * checkpoint without touching the user's files.
 */
export interface RunFiles {
  /** Records each new file before it is created. Everything that writes into the run folder goes through this. */
  readonly storage: Storage;
  /** The files as they are now; `lasting` makes their content survive a power cut. */
  record(): Promise<{ readonly files: RecordedFiles; readonly lasting: () => Promise<void> }>;
  /**
   * Truncates growing files to a record and removes later files. Warns about a file that is shorter than recorded, and
   * leaves it.
   */
  cutBack(to: RecordedFiles, events: RunEvents): Promise<void>;
}

/** Journal of the files a run has created; its presence marks a run folder. */
export const journalFile = '.files';
const checkpointFolder = 'checkpoints/';

type Kind = 'append' | 'write';
const entrySchema = z.object({ path: z.string(), kind: z.enum(['append', 'write']) });

/** Opens the journal of a run folder, or begins one. */
export async function openRunFiles(storage: Storage): Promise<RunFiles> {
  const known = parseJournal(await storage.read(journalFile));
  if (known === undefined) await storage.write(journalFile, '');
  const journal = known ?? new Map<string, Kind>();
  /** Files that this process wrote and that are not flushed yet. */
  const loose = new Set<string>();
  const note = async (path: string, kind: Kind): Promise<void> => {
    if (path.startsWith(checkpointFolder) || journal.get(path) === kind) return;
    journal.set(path, kind);
    await storage.append(journalFile, `${JSON.stringify({ path, kind })}\n`);
  };
  return {
    storage: {
      ...storage,
      append: async (path, content) => {
        await note(path, 'append');
        loose.add(path);
        await storage.append(path, content);
      },
      write: async (path, content, options) => {
        await note(path, 'write');
        if (options?.lasting === false) loose.add(path);
        return storage.write(path, content, options);
      },
      rename: async (from, to) => {
        await note(to, 'write');
        await storage.rename(from, to);
      },
    },
    record: async () => {
      const unflushed = [...loose, journalFile];
      loose.clear();
      return { files: await recordNow(storage, journal), lasting: () => flushAll(storage, unflushed) };
    },
    cutBack: (to, events) => cutBack(storage, [...journal.keys()], to, events),
  };
}

/** A line that a crash cut short names a file that was never created. */
function parseJournal(content: Uint8Array | undefined): Map<string, Kind> | undefined {
  if (content === undefined) return undefined;
  const entries = new TextDecoder()
    .decode(content)
    .split('\n')
    .flatMap((line) => {
      try {
        const parsed = entrySchema.safeParse(JSON.parse(line));
        return parsed.success ? [[parsed.data.path, parsed.data.kind] as const] : [];
      } catch {
        return [];
      }
    });
  return new Map(entries);
}

async function recordNow(storage: Storage, journal: ReadonlyMap<string, Kind>): Promise<RecordedFiles> {
  const appended: Record<string, number> = {},
    written: string[] = [];
  for (const [path, kind] of journal) {
    const size = await storage.size(path);
    if (size === undefined) continue;
    if (kind === 'append') appended[path] = size;
    else written.push(path);
  }
  return { appended, written };
}

/** Skips files that were removed in the meantime. */
async function flushAll(storage: Storage, paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      if ((await storage.size(path)) !== undefined) await storage.flush(path);
    }),
  );
}

async function cutBack(
  storage: Storage,
  known: readonly string[],
  to: RecordedFiles,
  events: RunEvents,
): Promise<void> {
  for (const [path, bytes] of Object.entries(to.appended)) {
    const size = (await storage.size(path)) ?? 0;
    if (size < bytes)
      events.log('warn', `${path} has ${size} bytes but had ${bytes} at the checkpoint: part of it is missing`);
    else await storage.truncate(path, bytes);
  }
  const kept = new Set([...Object.keys(to.appended), ...to.written]);
  for (const path of known) if (!kept.has(path)) await storage.remove(path);
}
