import { OrzError } from '../../core/errors.js';

/** No data are named, and no run that has some. */
export const nothingToMine = (): OrzError =>
  new OrzError('ORZ_USAGE', '`mine` needs problems', {
    origin: 'command line',
    remedy: 'Name a file, for example: orz-train mine train.jsonl --model owner/name. A run brings its own data.',
  });

/** `--checkpoint all`. */
export const severalCheckpoints = (): OrzError =>
  new OrzError('ORZ_USAGE', '`mine` samples from one model', {
    value: 'all',
    allowed: 'an iteration, base or final',
    origin: '--checkpoint',
    remedy: 'Name one, for example: --checkpoint final',
  });

/** Problems that are made on demand, of which there is no end; `length` is how many there are. */
export const endlessProblems = (length: number): OrzError =>
  new OrzError('ORZ_USAGE', 'These problems are made on demand: there are too many to sample all of them', {
    value: length,
    allowed: 'a number of problems',
    origin: '--limit',
    remedy: 'Say how many, for example: --limit 1000',
  });
