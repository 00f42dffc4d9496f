import { OrzError } from '../../core/errors.js';

/** Settings of a run that SkyRL's FSDP backend would not honour; each says which and why. */
export function notServable(problems: readonly string[]): OrzError {
  return new OrzError('ORZ_CAPABILITY', `SkyRL cannot serve this run: ${problems.join('; ')}`, {
    value: problems.length,
    allowed: 'a model of the hub with untied embeddings, AdamW with an epsilon of 1e-8, no reference model',
    origin: 'cluster',
    remedy: 'Change these settings, or train on this machine: orz-train config --preset orz-0.5b shows what that takes',
  });
}

/** The base model cannot be described, so no cluster can be planned for it. */
export function unknownArchitecture(reason: string): OrzError {
  return new OrzError('ORZ_MODEL_CONFIG', `The architecture of the base model is not known: ${reason}`, {
    origin: 'cluster',
    remedy: 'Name a model that can be read from here.',
  });
}

/** A flag that takes a number above 0. */
export function notANumber(flag: string, text: string): OrzError {
  return new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed: flag === '--price' ? 'US dollars per GPU-hour, for example 2.50' : 'a whole number above 0',
    origin: flag,
    remedy: 'Leave it out to use the default.',
  });
}

/** The folder for the files holds something already; nothing of the user's is ever replaced. */
export function folderTaken(path: string): OrzError {
  return new OrzError('ORZ_USAGE', `${path} exists already`, {
    value: path,
    allowed: 'a folder that does not exist, or an empty one',
    origin: '--out',
    remedy: 'Choose another folder with --out, or remove this one.',
  });
}

/** `cluster` with a word that is not `check`, or with only one of `check` and `--url`. */
export function wrongCheck(action: string | undefined, url: string | undefined): OrzError {
  const isCheck = action === undefined || action === 'check';
  return new OrzError(
    'ORZ_USAGE',
    isCheck ? 'A check takes both the word check and --url' : `There is no cluster ${action}`,
    {
      value: action ?? url,
      allowed: 'nothing, which writes the files, or check with --url',
      origin: 'command line',
      remedy: 'For example: orz-train cluster check --url http://127.0.0.1:8000',
    },
  );
}
