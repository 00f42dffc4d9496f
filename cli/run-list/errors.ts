import { OrzError } from '../../core/errors.js';

export const noSuchFolder = (folder: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no folder ${folder}`, {
    value: folder,
    origin: '--folder',
    remedy: 'Name the folder that holds the run folders, or train first: orz-train',
  });

/** For a name below the folder that is no run: nothing of it is touched. */
export const noRunOfThatName = (name: string, folder: string, names: readonly string[]): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no run '${name}' in ${folder}`, {
    value: name,
    allowed: names.length === 0 ? 'nothing: there are no runs' : names,
    origin: 'command line',
    remedy: 'Name runs as orz-train runs lists them.',
  });

/** For words and flags that do not go together. */
export const wrongRunsCommand = (word: string): OrzError =>
  new OrzError('ORZ_USAGE', `The list of runs takes no ${word}`, {
    value: word,
    allowed: 'nothing, which lists runs, or clean with the names of runs and --yes',
    origin: 'command line',
    remedy: 'For example: orz-train runs clean',
  });
