import { changedSettings, describeChange, type SettingEffect } from '../../config/resume.js';
import type { RunConfig } from '../../config/schema.js';
import type { RunEvents } from '../../contracts/run-events.js';
import type { Storage } from '../../contracts/storage.js';
import { isOrzError } from '../../errors.js';
import type { RunSummary } from '../loop/training-run.js';
import { readBaseEvaluation } from './base-evaluation.js';
import { baseCheckpoint, checkpointFolder, checkpointOf, finalCheckpoint } from './checkpoint-names.js';
import { checkpointNames, discardUnfinished, verifyCheckpoint, type SavedCheckpoint } from './checkpoints.js';
import { alreadyFinished, anotherExperiment, lostCheckpoints, noSoundCheckpoint, tooFewIterations } from './errors.js';
import type { RunFiles } from './run-files.js';
import { readSummary } from './summary.js';

export interface ResumeRequest {
  readonly storage: Storage;
  readonly files: RunFiles;
  /** The settings to continue with. */
  readonly config: RunConfig;
  /** Continue even if the settings make it another experiment. */
  readonly force: boolean;
  /**
   * Whether a finished run may get more iterations; if not, asking for more is ORZ_RESUME, so that naming an old folder
   * by mistake adds nothing to it.
   */
  readonly extend: boolean;
  readonly events: RunEvents;
}

/** How a run that was started earlier continues. */
export type Continuation =
  /** It had saved nothing yet. */
  | { readonly kind: 'start over' }
  | { readonly kind: 'continue'; readonly checkpoint: SavedCheckpoint }
  /** All its iterations are done and its summary is written. */
  | { readonly kind: 'finished'; readonly summary: RunSummary };

/**
 * Finds the newest intact checkpoint and restores the run folder to that state. Throws ORZ_RESUME if the configuration
 * makes it another experiment and ORZ_CHECKPOINT if no checkpoint is intact; the folder is then unchanged.
 */
export async function prepareResume(request: ResumeRequest): Promise<Continuation> {
  const { storage, files, config, events } = request;
  const { checkpoint, damaged } = await newestSound(storage, events);
  if (checkpoint === undefined) {
    await requireNothingDone(storage, files);
    events.log('info', 'The run had saved nothing yet: it starts over');
    await files.cutBack({ appended: {}, written: [] }, events);
    await discardUnfinished(storage);
    return { kind: 'start over' };
  }
  const { name, state } = checkpoint;
  compareSettings(request, state.config);
  const summary = name === finalCheckpoint ? await readSummary(storage, events) : undefined;
  if (summary !== undefined && state.iteration >= config.iterations) {
    events.log('info', `The run in this folder is finished: ${state.iteration} iterations are done`);
    return { kind: 'finished', summary: { ...summary, location: storage.location } };
  }
  if (summary !== undefined && !request.extend)
    throw alreadyFinished(storage.location, state.iteration, config.iterations);
  if (state.iteration > config.iterations) throw tooFewIterations(state.iteration, config.iterations);
  events.log(
    'info',
    `Continuing after iteration ${state.iteration} of ${config.iterations}, from ${checkpoint.folder}`,
  );
  await discardUnfinished(storage);
  for (const each of damaged) await setAside(storage, each);
  await files.cutBack(state.files, events);
  const extended = name === finalCheckpoint && state.iteration < config.iterations;
  return { kind: 'continue', checkpoint: extended ? await renumber(storage, checkpoint) : checkpoint };
}

async function newestSound(
  storage: Storage,
  events: RunEvents,
): Promise<{ checkpoint?: SavedCheckpoint; damaged: string[] }> {
  const names = await checkpointNames(storage);
  const damaged: string[] = [];
  for (const name of names) {
    try {
      return { checkpoint: await withBaseEvaluation(storage, await verifyCheckpoint(storage, name)), damaged };
    } catch (error) {
      if (!isOrzError(error) || error.code !== 'ORZ_CHECKPOINT') throw error;
      const before = name === names.at(-1) ? 'there is none before it' : 'the checkpoint before it is used';
      events.log('warn', `${error.message}; ${before}`);
      damaged.push(name);
    }
  }
  if (damaged.length === 0) return { damaged };
  throw noSoundCheckpoint(storage.location, damaged);
}

/** The base model is saved before the first iteration: a run that has recorded one has lost its checkpoints. */
async function requireNothingDone(storage: Storage, files: RunFiles): Promise<void> {
  const { appended } = (await files.record()).files;
  const recorded = Object.values(appended).some((bytes) => bytes > 0);
  if (recorded || (await storage.size('summary.json')) !== undefined) throw lostCheckpoints(storage.location);
}

/** Before the first iteration, a run has at most its evaluation of the base model. */
async function withBaseEvaluation(storage: Storage, checkpoint: SavedCheckpoint): Promise<SavedCheckpoint> {
  const evaluation = checkpoint.name === baseCheckpoint ? await readBaseEvaluation(storage) : undefined;
  return evaluation === undefined ? checkpoint : { ...checkpoint, state: { ...checkpoint.state, ...evaluation } };
}

function compareSettings({ config, force, events }: ResumeRequest, started: RunConfig): void {
  const changes = changedSettings(started, config);
  const withEffect = (effect: SettingEffect): string[] =>
    changes.filter((change) => change.effect === effect).map(describeChange);
  const mathematics = withEffect('mathematics');
  if (mathematics.length > 0 && !force) throw anotherExperiment(mathematics);
  const report = (level: 'info' | 'warn', what: string, changed: readonly string[]): void => {
    if (changed.length > 0) events.log(level, `${what}: ${changed.join('; ')}`);
  };
  report('warn', 'Forced: from here on this is another experiment', mathematics);
  report('info', 'Changed, with results equal up to rounding', withEffect('numerics'));
  report('info', 'Changed', withEffect('reporting'));
}

/** Kept under a name that is free: a user may want to see what happened to it. */
async function setAside(storage: Storage, name: string): Promise<void> {
  const named = (n: number): string => `${checkpointFolder}/damaged-${name}${n === 1 ? '' : `-${n}`}`;
  let n = 1;
  while ((await storage.list(named(n))).length > 0) n++;
  await storage.rename(`${checkpointFolder}/${name}`, named(n));
}

/** The final checkpoint of an extended run becomes a numbered one. */
async function renumber(storage: Storage, checkpoint: SavedCheckpoint): Promise<SavedCheckpoint> {
  const name = checkpointOf(checkpoint.state.iteration);
  const folder = `${checkpointFolder}/${name}`;
  await storage.rename(checkpoint.folder, folder);
  return { ...checkpoint, name, folder };
}
