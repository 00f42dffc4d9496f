import { OrzError } from '../../core/errors.js';

export const pageNotBuilt = (file: string, cause: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', 'The page for the browser is not built', {
    origin: file,
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
  new OrzError('ORZ_USAGE', 'This page has already started a run', { remedy: 'Reload the page to start another one.' });

export const noRunYet = (): OrzError =>
  new OrzError('ORZ_USAGE', 'There is no run to download yet', { remedy: 'Start one first.' });

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
