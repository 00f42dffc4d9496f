import { changedSettings, describeChange } from '../../config/resume.js';
import type { RunConfig } from '../../config/schema.js';
import type { RunEvents } from '../../contracts/run-events.js';
import type { Storage } from '../../contracts/storage.js';
import { OrzError, isOrzError } from '../../errors.js';
import type { RunSummary } from '../loop/run.js';
import { readBaseEvaluation } from './base-evaluation.js';
import {
  baseCheckpoint,
  checkpointFolder,
  checkpointNames,
  checkpointOf,
  discardUnfinished,
  finalCheckpoint,
  verifyCheckpoint,
  type SavedCheckpoint,
} from './checkpoints.js';
import type { RunFiles } from './run-files.js';

export interface ResumeRequest {
  readonly storage: Storage;
  readonly files: RunFiles;
  /** What the run shall go on with. */
  readonly config: RunConfig;
  /** Go on even if the settings make it another experiment. */
  readonly force: boolean;
  /**
   * Whether a finished run may get more iterations; if not, asking for more is ORZ_RESUME, so that naming an old folder
   * by mistake adds nothing to it.
   */
  readonly extend: boolean;
  readonly events: RunEvents;
}

/** How a run that was begun earlier goes on. */
export type Continuation =
  /** It had saved nothing yet. */
  | { readonly kind: 'start over' }
  | { readonly kind: 'continue'; readonly checkpoint: SavedCheckpoint }
  /** All its iterations are done and its summary is written. */
  | { readonly kind: 'finished'; readonly summary: RunSummary };

/**
 * Finds the newest sound checkpoint and puts the run folder back to that moment. Throws ORZ_RESUME if the configuration
 * makes it another experiment and ORZ_CHECKPOINT if no checkpoint is sound; the folder is then as it was.
 */
export async function prepareResume(request: ResumeRequest): Promise<Continuation> {
  const { storage, files, config, events } = request;
  const { checkpoint, damaged } = await newestSound(storage, events);
  if (checkpoint === undefined) {
    events.log('info', 'The run had saved nothing yet: it starts over');
    await files.cutBack({ appended: {}, written: [] }, events);
    await discardUnfinished(storage);
    return { kind: 'start over' };
  }
  const { name, state } = checkpoint;
  compareSettings(request, state.config);
  const summary = name === finalCheckpoint ? await readSummary(storage) : undefined;
  if (summary !== undefined && state.iteration >= config.iterations) {
    events.log('info', `The run in this folder is finished: ${state.iteration} iterations are done`);
    return { kind: 'finished', summary };
  }
  if (summary !== undefined && !request.extend) throw finished(storage.location, state.iteration, config.iterations);
  if (state.iteration > config.iterations) {
    throw new OrzError(
      'ORZ_RESUME',
      `The run has done ${state.iteration} iterations, more than the ${config.iterations} asked for`,
      {
        value: config.iterations,
        allowed: `at least ${state.iteration}`,
        origin: 'iterations',
        remedy: 'Leave --iterations out, or raise it.',
      },
    );
  }
  events.log(
    'info',
    `Continuing after iteration ${state.iteration} of ${config.iterations}, from ${checkpoint.folder}`,
  );
  await discardUnfinished(storage);
  for (const each of damaged) await setAside(storage, each);
  await files.cutBack(state.files, events);
  return {
    kind: 'continue',
    checkpoint:
      name === finalCheckpoint && state.iteration < config.iterations
        ? await renumber(storage, checkpoint)
        : checkpoint,
  };
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
      if (!isOrzError(error) || (error.code !== 'ORZ_CHECKPOINT' && error.details.value !== 'EIO')) throw error;
      events.log(
        'warn',
        `${error.message}; ${name === names.at(-1) ? 'there is none before it' : 'the checkpoint before it is used'}`,
      );
      damaged.push(name);
    }
  }
  if (damaged.length === 0) return { damaged };
  throw new OrzError('ORZ_CHECKPOINT', `No checkpoint of this run is sound: ${damaged.join(', ')}`, {
    value: damaged,
    origin: `${storage.location}/${checkpointFolder}`,
    remedy: 'Bring one back from a copy, or start the run again in another folder.',
  });
}

/** Before the first iteration, a run is as far as its evaluation of the base model. */
async function withBaseEvaluation(storage: Storage, checkpoint: SavedCheckpoint): Promise<SavedCheckpoint> {
  const evaluation = checkpoint.name === baseCheckpoint ? await readBaseEvaluation(storage) : undefined;
  return evaluation === undefined ? checkpoint : { ...checkpoint, state: { ...checkpoint.state, ...evaluation } };
}

function compareSettings({ config, force, events }: ResumeRequest, begun: RunConfig): void {
  const changes = changedSettings(begun, config);
  const of = (effect: string): string =>
    changes
      .filter((change) => change.effect === effect)
      .map(describeChange)
      .join('; ');
  const [mathematics, numerics, reporting] = [of('mathematics'), of('numerics'), of('reporting')];
  if (mathematics !== '' && !force) {
    throw new OrzError(
      'ORZ_RESUME',
      `The run was begun with other settings, which make it another experiment: ${mathematics}`,
      {
        value: changes.filter((change) => change.effect === 'mathematics').map(describeChange),
        allowed: 'the settings it was begun with',
        origin: 'configuration',
        remedy:
          'Leave them as they were (--resume alone takes the settings of the run), train in another folder, or mix both with --force.',
      },
    );
  }
  if (mathematics !== '') events.log('warn', `Forced: from here on this is another experiment: ${mathematics}`);
  if (numerics !== '') events.log('info', `Changed, with results equal up to rounding: ${numerics}`);
  if (reporting !== '') events.log('info', `Changed: ${reporting}`);
}

const finished = (folder: string, done: number, wanted: number): OrzError =>
  new OrzError('ORZ_RESUME', `${folder} holds a finished run of ${done} iterations`, {
    value: wanted,
    allowed: 'a new or empty folder, or that of a run which was stopped',
    origin: '--run-dir',
    remedy: `To train it further: orz-train --resume ${JSON.stringify(folder)} --iterations ${wanted}. For a new run choose another --run-dir.`,
  });

/** Kept under another name: a user may want to see what happened to it. */
async function setAside(storage: Storage, name: string): Promise<void> {
  await storage.remove(`${checkpointFolder}/damaged-${name}`);
  await storage.rename(`${checkpointFolder}/${name}`, `${checkpointFolder}/damaged-${name}`);
}

/** The end of a run that goes on is a checkpoint like others. */
async function renumber(storage: Storage, { state, folder }: SavedCheckpoint): Promise<SavedCheckpoint> {
  const name = checkpointOf(state.iteration);
  await storage.rename(folder, `${checkpointFolder}/${name}`);
  return { name, folder: `${checkpointFolder}/${name}`, state };
}

/**
 * Undefined if the run was stopped in the moment before it was written; a broken one cannot be, since it is written as
 * a whole.
 */
async function readSummary(storage: Storage): Promise<RunSummary | undefined> {
  const bytes = await storage.read('summary.json');
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as RunSummary);
}
