import { OrzError } from '../../core/errors.js';

export const pageNotBuilt = (folder: string, cause: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', 'The page for the browser is not built', {
    origin: folder,
    cause,
    remedy: 'In a checkout, run npm run browser:build. In an installed package, please report this.',
  });

export const meaninglessInBrowser = (path: string, why: string, origin: string): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' has no meaning in a browser: ${why}`, {
    value: path,
    origin,
    remedy: 'Remove it, or train on the command line.',
  });

export const noModelSaved = (folder: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', 'This run has not saved a model yet', {
    origin: folder,
    remedy: 'Wait until the base model is trained; it is the first to be saved.',
  });

export const unknownReward = (type: string, known: readonly string[]): OrzError =>
  new OrzError('ORZ_REWARD_WORKER', `This page has no reward '${type}'`, {
    value: type,
    allowed: known,
    origin: 'reward',
    remedy: 'Choose one of the allowed rewards.',
  });

export const stoppedBeforeFirstIteration = (): OrzError =>
  new OrzError('ORZ_INTERRUPTED', 'The run was stopped before the first iteration was complete', {
    remedy: 'Start it again: nothing has been trained yet.',
  });

export const runAlreadyStarted = (): OrzError =>
  new OrzError('ORZ_USAGE', 'This thread has already started a run', {
    remedy: 'Start another run in a thread of its own.',
  });

export const noRunYet = (): OrzError =>
  new OrzError('ORZ_USAGE', 'There is no run to download yet', { remedy: 'Start one first.' });

/** The thread ended before it answered. */
export const threadDied = (message: string): OrzError =>
  new OrzError('ORZ_RUN_DIED', `The thread that trains has ended: ${message}`, {
    remedy:
      'If its script was not found, serve worker.js beside the script that imports this package, as docs/browser.md ' +
      'says. If memory ran out, choose smaller settings.',
  });

const makeArchive = 'Make one of the folder of a run: tar -cf run.tar -C runs/mine .';

export const noRunInArchive = (): OrzError =>
  new OrzError('ORZ_DATA_MISSING', 'There is no run in the archive', { origin: 'archive', remedy: makeArchive });

export const archiveDamaged = (at: number): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `This is no tar archive, or it is damaged at byte ${at}`, {
    origin: 'archive',
    remedy: makeArchive,
  });

export const archiveEntryUnknown = (path: string): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `The archive holds more than files and folders of the ustar format: ${path}`, {
    value: path,
    origin: 'archive',
    remedy: makeArchive,
  });

export const damagedRunConfig = (cause: unknown): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', 'The settings of the run cannot be read', {
    origin: 'config.json',
    cause,
    remedy: 'Name presets and settings, which then replace those of the run.',
  });

export const pathOutsideRun = (path: string): OrzError =>
  new OrzError('ORZ_STORAGE', 'A file of a run must lie in its folder', {
    value: path,
    allowed: 'a relative path',
    origin: 'storage',
    remedy: 'Use a relative path without . or .. in it.',
  });

export const cannotTruncate = (path: string, size: number | undefined, bytes: number): OrzError =>
  storageError(`${path} has ${size ?? 'no'} bytes and cannot be truncated to ${bytes}`, path);

export const nothingToRename = (path: string): OrzError => storageError(`There is no ${path} to rename`, path);

export const nameTaken = (path: string): OrzError => storageError(`There is a ${path} already`, path);

const storageError = (message: string, path: string): OrzError =>
  new OrzError('ORZ_STORAGE', message, { value: path, origin: 'storage' });
