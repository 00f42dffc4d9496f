import { OrzError } from '../../core/errors.js';

/** A program asks to continue a run and names none. */
export const noFolderToResume = (): OrzError =>
  new OrzError('ORZ_USAGE', 'A run to continue has no folder', {
    origin: 'options of train',
    remedy: 'Name the folder of the run: train({}, { resume: true, runDir: ... }).',
  });

/** A program asks no model, or two. */
export const oneModel = (): OrzError =>
  new OrzError('ORZ_USAGE', 'Which model answers is not clear', {
    allowed: 'either model or runDir',
    origin: 'options of generate',
    remedy: 'Name one: generate(prompts, { runDir: ... }) or generate(prompts, { model: ... }).',
  });
