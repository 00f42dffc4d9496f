import type { StateReference } from '../../contracts/engine.js';
import { OrzError } from '../../errors.js';
import { shellQuote } from '../../shell-quote.js';
import { checkpointFolder } from './checkpoint-names.js';

/** The errors of checkpoints and of continuing a run. */

export function damagedCheckpoint(path: string, why: string): OrzError {
  return new OrzError('ORZ_CHECKPOINT', `${path} is damaged: ${why}`, {
    value: path,
    origin: path,
    remedy:
      'Use an older checkpoint of the run, which may be intact: orz-train --resume RUN_FOLDER looks for one; ' +
      'generate and export take the policy of one with --model RUN_FOLDER/checkpoints/NAME/policy',
  });
}

/** A checkpoint was removed, as a running run does with all but its latest, while it was being read. */
export function vanishedCheckpoint(path: string): OrzError {
  return new OrzError('ORZ_CHECKPOINT', `${path} was removed while it was being read`, {
    value: path,
    origin: path,
    remedy:
      'Name the run instead (--run-dir takes its newest checkpoint and holds on to it), or keep more checkpoints: ' +
      '--set checkpoint.keep=5',
  });
}

export function noSoundCheckpoint(location: string, damaged: readonly string[]): OrzError {
  return new OrzError('ORZ_CHECKPOINT', `No checkpoint of this run is intact: ${damaged.join(', ')}`, {
    value: damaged,
    origin: `${location}/${checkpointFolder}`,
    remedy: 'Restore one from a backup, or start the run again in another folder.',
  });
}

export function lostCheckpoints(location: string): OrzError {
  return new OrzError('ORZ_CHECKPOINT', 'This run has done iterations, but none of its checkpoints is there', {
    value: `${location}/${checkpointFolder}`,
    allowed: 'at least the base checkpoint',
    origin: location,
    remedy: 'Restore the folder from a backup, or start the run again in another folder.',
  });
}

export function missingOptimizerState(folder: string, file: string): OrzError {
  return new OrzError('ORZ_CHECKPOINT', `${folder}/${file} is missing`, {
    value: file,
    origin: folder,
    remedy: 'Continue with the models that the run was started with, or start another run.',
  });
}

/** A checkpoint with weights and an engine that keeps its own, or the other way round. */
export function savedByAnotherEngine(folder: string, reference: StateReference | undefined): OrzError {
  const where = reference === undefined ? 'in the run folder' : `with the engine: ${JSON.stringify(reference)}`;
  return new OrzError('ORZ_RESUME', `${folder} was saved by another kind of engine: its models are ${where}`, {
    value: folder,
    allowed: 'the engine that the run was started with',
    origin: 'engine',
    remedy: 'Leave `engine` as it was, or start another run.',
  });
}

export function anotherExperiment(changes: readonly string[]): OrzError {
  const message = `The run was started with other settings; these make it another experiment: ${changes.join('; ')}`;
  return new OrzError('ORZ_RESUME', message, {
    value: changes,
    allowed: 'the settings it was started with',
    origin: 'configuration',
    remedy:
      'Leave them as they were (--resume alone uses the settings of the run), train in another folder, or continue ' +
      'anyway with --force.',
  });
}

export function tooFewIterations(done: number, wanted: number): OrzError {
  const message = `The run has done ${done} iterations, more than the ${wanted} asked for`;
  return new OrzError('ORZ_RESUME', message, {
    value: wanted,
    allowed: `at least ${done}`,
    origin: 'iterations',
    remedy: `Ask for at least as many: --iterations ${done}`,
  });
}

export function alreadyFinished(folder: string, done: number, wanted: number): OrzError {
  const resume = `orz-train --resume ${shellQuote(folder)} --iterations ${wanted}`;
  return new OrzError('ORZ_RESUME', `${folder} holds a finished run of ${done} iterations`, {
    value: wanted,
    allowed: 'a new or empty folder, or that of a stopped run',
    origin: '--run-dir',
    remedy: `Train it further with: ${resume}. For a new run choose another --run-dir.`,
  });
}
