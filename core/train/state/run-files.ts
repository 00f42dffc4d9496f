import * as z from 'zod';
import type { RunEvents } from '../../contracts/run-events.js';
import type { Storage } from '../../contracts/storage.js';
import { checkpointFolder } from './checkpoint-names.js';
import { checkpointNames, readState } from './checkpoints.js';
import type { RecordedFiles } from './recorded-files.js';

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
   * Truncates growing files to a record and removes later files. Warns about a file that is shorter than recorded; of
   * JSON lines whole ones are kept, any other is left.
   */
  cutBack(to: RecordedFiles, events: RunEvents): Promise<void>;
}

/** Journal of the files a run has created; its presence marks a run folder. */
export const journalFile = '.files';

type Kind = 'append' | 'write';
const entrySchema = z.object({ path: z.string(), kind: z.enum(['append', 'write']) });

/** Opens the journal of a run folder, or begins one; one that was lost is made again from what is there. */
export async function openRunFiles(storage: Storage): Promise<RunFiles> {
  const content = await storage.read(journalFile);
  const journal = content === undefined ? await rebuildJournal(storage) : parseJournal(content);
  // A line that a crash cut short would swallow the next one.
  const isWhole = content !== undefined && (content.length === 0 || content.at(-1) === lineFeed);
  if (!isWhole) await storage.write(journalFile, [...journal].map(([path, kind]) => lineOf(path, kind)).join(''));
  /** Files that this process wrote and that are not flushed yet. */
  const loose = new Set<string>();
  const note = async (path: string, kind: Kind): Promise<void> => {
    if (!isJournalled(path) || journal.get(path) === kind) return;
    journal.set(path, kind);
    await storage.append(journalFile, lineOf(path, kind));
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
      makeFolder: async (path) => {
        await note(path, 'write');
        await storage.makeFolder(path);
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

const lineFeed = 10;
const lineOf = (path: string, kind: Kind): string => `${JSON.stringify({ path, kind })}\n`;

/**
 * A line that a crash cut short names a file that was never created. Lines that a run does not write are left out: what
 * they name must not be removed.
 */
function parseJournal(content: Uint8Array): Map<string, Kind> {
  const entries = new TextDecoder()
    .decode(content)
    .split('\n')
    .flatMap((line) => {
      try {
        const parsed = entrySchema.safeParse(JSON.parse(line));
        return parsed.success && isJournalled(parsed.data.path) ? [[parsed.data.path, parsed.data.kind] as const] : [];
      } catch {
        return [];
      }
    });
  return new Map(entries);
}

/** Neither checkpoints, which have names of their own, nor the lock and the journal itself. */
function isJournalled(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const [first = ''] = parts;
  return !parts.includes('..') && ![checkpointFolder, journalFile, '.lock', ''].includes(first);
}

/**
 * The files that the checkpoints name, and those later ones that every run writes: a user's own files are not among
 * them.
 */
async function rebuildJournal(storage: Storage): Promise<Map<string, Kind>> {
  const journal = new Map<string, Kind>();
  const present = await storage.list('');
  for (const path of present) {
    if (everyRun.written.some((pattern) => pattern.test(path))) journal.set(path, 'write');
    if (everyRun.appended.some((pattern) => pattern.test(path))) journal.set(path, 'append');
  }
  for (const name of await checkpointNames(storage)) {
    const { files } = (await readState(storage, name)) ?? {};
    for (const path of files?.written ?? []) journal.set(path, 'write');
    for (const path of Object.keys(files?.appended ?? {})) journal.set(path, 'append');
  }
  return journal;
}

/** Files of a run with the sinks that are built in, under their default names. */
const everyRun = {
  written: [
    /^config\.json$/,
    /^summary\.json$/,
    /^rollouts\/\d{6,}\.[\w.%-]+\.jsonl\.gz$/,
    /^wandb\/offline-run-\d{8}_\d{6}-[0-9a-f]{16}\/files\/wandb-metadata\.json$/,
  ],
  appended: [
    /^metrics\.jsonl$/,
    /^tensorboard\/events\.out\.tfevents\.orz$/,
    /^wandb\/offline-run-\d{8}_\d{6}-[0-9a-f]{16}\/run-[0-9a-f]{16}\.wandb$/,
  ],
};

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
    const size = await storage.size(path);
    if (size !== undefined && size >= bytes) await storage.truncate(path, bytes);
    else if (bytes > 0) {
      events.log('warn', `${path} has ${size ?? 'no'} bytes but had ${bytes} at the checkpoint: part of it is missing`);
      if (path.endsWith('.jsonl')) await dropTornLine(storage, path);
    }
  }
  const kept = new Set([...Object.keys(to.appended), ...to.written]);
  for (const path of known) if (!kept.has(path)) await storage.remove(path);
}

/** Half a line would spoil the one that is appended to it. */
async function dropTornLine(storage: Storage, path: string): Promise<void> {
  const content = await storage.read(path);
  if (content !== undefined) await storage.truncate(path, content.lastIndexOf(lineFeed) + 1);
}
