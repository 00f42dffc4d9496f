import { OrzError } from '../../core/errors.js';

/** A program asks to continue a run and names none. */
export const noFolderToResume = (): OrzError =>
  new OrzError('ORZ_USAGE', 'A run to continue has no folder', {
    origin: 'options of train',
    remedy: 'Name the folder of the run: train({}, { resume: true, runDir: ... }).',
  });
