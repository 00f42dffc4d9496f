import type { RunSummary } from '../../../core/train/loop/run.js';
import { EventStream } from '../../library/event-stream.js';
import { unpackError } from '../../run/messages.js';
import type { ArchiveFile, ArchiveKind, RunRequest, TrainingEvent } from '../messages.js';
import type { Session } from './session.js';

/** A run that has started. Iterating it gives its events from then on, until it has ended. */
export interface Run extends AsyncIterable<TrainingEvent> {
  /** The summary; rejects with an OrzError, `ORZ_INTERRUPTED` if the run was stopped. */
  readonly result: Promise<RunSummary>;
  /** Lets the iteration finish, saves everything and ends the run. */
  stop(): void;
  /** Holds before the next tensor program, in the middle of an iteration; the clock of the run stands meanwhile. */
  pause(): void;
  unpause(): void;
  /**
   * A tar archive: by default every file of the run, to continue it here or on the command line, now or after its end;
   * `model` is the policy saved last, as a Hugging Face folder.
   */
  archive(what?: ArchiveKind): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Starts the run of a request in the thread of a session, which ends with it. Rejects with what the command line would
 * print before anything starts.
 */
export async function startRun(
  session: Session,
  request: RunRequest,
  onEvent: (event: TrainingEvent) => void,
): Promise<Run> {
  await session.ask('prepare', { request });
  const events = new EventStream<TrainingEvent>();
  let files: readonly ArchiveFile[] | undefined;
  const result = new Promise<RunSummary>((resolve, reject) => {
    session.train({
      event: (event) => {
        onEvent(event);
        events.push(event);
      },
      end: (end) => {
        if (end.kind !== 'died') ({ files } = end);
        if (end.kind === 'finished') resolve(end.summary);
        else reject(end.kind === 'died' ? end.error : unpackError(end.error));
        session.close();
        events.end();
      },
    });
  });
  // Whoever only reads the events must not be ended by a rejection that nobody waits for.
  result.catch(() => undefined);
  return {
    result,
    stop: () => {
      session.tell('stop');
    },
    pause: () => {
      session.tell('pause');
    },
    unpause: () => {
      session.tell('unpause');
    },
    archive: async (what = 'run') => {
      if (files) return archiveOf(files, what);
      try {
        return await session.ask('archive', { what });
      } catch (error) {
        if (files) return archiveOf(files, what); // The run has ended meanwhile.
        throw error;
      }
    },
    [Symbol.asyncIterator]: () => events[Symbol.asyncIterator](),
  };
}

/** Packs the files that a run has left; what reads its checkpoints is loaded for that. */
async function archiveOf(files: readonly ArchiveFile[], what: ArchiveKind): Promise<Uint8Array<ArrayBuffer>> {
  const { packArchive } = await import('../worker/archive.js');
  return packArchive(files, what, Date.now());
}
