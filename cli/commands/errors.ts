import type { StateReference } from '../../core/contracts/engine.js';
import { isOrzError, OrzError } from '../../core/errors.js';
import type { Problem } from '../setup/problem.mjs';

/** A flag with a value that it does not take; `allowed` says what it takes. */
export function badFlag(flag: string, value: string, allowed: string): OrzError {
  return new OrzError('ORZ_USAGE', `${flag} cannot be ${value}`, {
    value,
    allowed,
    origin: flag,
    remedy: 'See: orz-train export --help',
  });
}

/** The target of an export exists; nothing of the user's is ever replaced. */
export function exportTargetExists(path: string): OrzError {
  return new OrzError('ORZ_USAGE', `${path} exists already`, {
    value: path,
    allowed: 'a folder that does not exist, or an empty one',
    origin: 'export',
    remedy: 'Choose another folder, or remove this one.',
  });
}

/** The target of an export lies in the folder that holds the checkpoints of a run. */
export function exportIntoRun(path: string): OrzError {
  return new OrzError('ORZ_USAGE', `${path} is among the checkpoints of a run`, {
    value: path,
    allowed: 'a folder elsewhere: the run would take it for a checkpoint, and a damaged one',
    origin: 'export',
    remedy: 'Choose another folder.',
  });
}

/** `--model` names no folder. */
export function noModelFolder(path: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no folder ${path}`, {
    value: path,
    origin: '--model',
    remedy: 'Correct the path; it is relative to the current folder.',
  });
}

/** The record that `orz-train replay` was given cannot be read. */
export function unreadableRecord(path: string, cause: unknown): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `Cannot read ${path}: ${(cause as Error).message}`, {
    value: path,
    origin: 'replay',
    remedy: 'Give the file that the error named: RUN_DIR/failures/iteration-N.json.',
    cause,
  });
}

/** The record needs a model, and names none. */
export function recordWithoutWeights(weights: unknown): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', 'This record names no weights', {
    value: weights,
    origin: 'weights',
    remedy: 'Give the file as the run wrote it.',
  });
}

/** The engine has no model of the role that the record needs. */
export function missingRole(role: string): OrzError {
  return new OrzError('ORZ_CAPABILITY', `The engine made no ${role}`, {
    value: role,
    origin: 'engine.type',
    remedy: 'Choose another engine: --set engine=local',
  });
}

/** A report cannot be written; `origin` is the flag or the path. */
export function cannotWriteReport(file: string, origin: string, cause: unknown): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot write ${file}: ${(cause as Error).message}`, {
    value: isOrzError(cause) ? cause.details.value : (cause as NodeJS.ErrnoException).code,
    origin,
    cause,
    remedy: 'Choose another file with --output.',
  });
}

/** `--port` is no port number. */
export function badPort(text: string): OrzError {
  return new OrzError('ORZ_USAGE', '--port is no port number', {
    value: text,
    allowed: '0 (any free port) to 65535',
    origin: '--port',
    remedy: 'Leave it out to get a free port.',
  });
}

/** `--json` without `--dry-run`. */
export function jsonWithoutDryRun(): OrzError {
  return new OrzError('ORZ_USAGE', '--json prints the plan and needs --dry-run', {
    value: '--json',
    origin: 'flags',
    remedy: 'Add --dry-run. The numbers of a run are in metrics.jsonl of its folder, one JSON object per iteration.',
  });
}

/** `--price` with something else than an amount of money. */
export function notAPrice(text: string): OrzError {
  return new OrzError('ORZ_USAGE', `--price cannot be '${text}'`, {
    value: text,
    allowed: 'US dollars per hour of this machine, for example 2.50',
    origin: '--price',
    remedy: 'Leave it out to see the time alone.',
  });
}

/** ONNX Runtime, or its CUDA libraries, could not be installed. */
export function notInstalled({ message, remedy }: Problem): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', message, { origin: 'npm', remedy });
}

/** `--adapter` for a model that has none. */
export const noAdapter = (location: string): OrzError =>
  new OrzError(
    'ORZ_DATA_MISSING',
    'This run has no trained adapters: it trains all parameters, or has no iteration yet',
    {
      value: location,
      allowed: 'a run with lora.rank above 0',
      origin: '--adapter',
      remedy: 'Leave --adapter out to export the model itself.',
    },
  );

/** A run whose weights were never in its folder. */
export const modelAtEngine = (reference: StateReference | undefined): OrzError =>
  new OrzError('ORZ_CAPABILITY', 'The weights of this run are kept by its engine, not in the run folder', {
    value: reference ?? 'the base model',
    allowed: 'a run of engine=local, or a model folder',
    origin: 'export',
    remedy: 'Copy the files that the server saved there; docs/cluster.md says where it keeps them.',
  });
