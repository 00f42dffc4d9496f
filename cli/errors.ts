import { OrzError } from '../core/errors.js';
import type { DiskPlan } from '../core/plan/disk.js';
import { formatBytes } from '../core/plan/units.js';

/** A backend outside a run asks for another contract. */
export function onlyInRun(backend: string, slot: string): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `The backend '${backend}' needs a ${slot}, which there is only in a run`, {
    value: slot,
    origin: 'openBackend',
    remedy: 'Use this backend in a run, or choose another here.',
  });
}

const fewestCheckpoints = 3;

/** The checkpoints of a run do not fit onto the disk; `free` is bytes. */
export function diskTooSmall(disk: DiskPlan, free: number): OrzError {
  const needed = formatBytes(disk.models);
  const missing = disk.models - free;
  // The fewest there can be: the last one, the one being written, and the final one.
  const least = disk.models - (disk.checkpoints - fewestCheckpoints) * disk.checkpoint;
  const fewer =
    disk.checkpoints <= fewestCheckpoints || least > free
      ? '.'
      : `, or keep fewer than ${disk.checkpoints} checkpoints of ${formatBytes(disk.checkpoint)}:\n` +
        '--set checkpoint.keep=1 --set checkpoint.keepBest=0';
  return new OrzError(
    'ORZ_INSUFFICIENT',
    `The checkpoints of this run need about ${needed} on the disk, ${formatBytes(missing)} more than is free`,
    {
      value: needed,
      allowed: `at most ${formatBytes(free)}`,
      origin: 'disk of the run folder',
      remedy: `Free space, or choose a --run-dir on another disk${fewer}`,
    },
  );
}

/** Arguments that commander refuses; `help` is the command that explains them. */
export function badArguments(message: string, help: string): OrzError {
  return new OrzError('ORZ_USAGE', message.charAt(0).toUpperCase() + message.slice(1), {
    origin: 'command line',
    remedy: `See: ${help}`,
  });
}

/** The folder in which the program was started was removed meanwhile. */
export function currentFolderGone(cause: unknown): OrzError {
  return new OrzError('ORZ_USAGE', 'The current folder does not exist any more', {
    origin: 'current folder',
    cause,
    remedy: 'Change to a folder that exists, for example: cd',
  });
}

/** An option that the command does not have. */
export function unknownOption(flag: string, known: readonly string[], hint: string): OrzError {
  return new OrzError('ORZ_USAGE', `There is no option ${flag}`, {
    value: flag,
    allowed: known,
    origin: 'command line',
    remedy: hint,
  });
}

/** A first word that is no command; `near` is the known one most like it. */
export function noCommand(name: string, known: readonly string[], near: string | undefined): OrzError {
  return new OrzError('ORZ_USAGE', `There is no command '${name}'`, {
    value: name,
    allowed: known,
    origin: 'command line',
    remedy:
      near === undefined
        ? 'To train, name a preset: orz-train --preset orz-tiny. See: orz-train --help'
        : `Did you mean: orz-train ${near}?`,
  });
}

/** Code that a command has loaded called `process.exit`, or awaits what nothing is left to settle. */
export function endedEarly(): OrzError {
  return new OrzError('ORZ_PLUGIN_FAILED', 'The command was ended before it was done', {
    origin: 'a configuration file or plugin that calls process.exit, or awaits a promise that nothing settles',
    remedy: 'Take that call out, or settle the promise.',
  });
}
