import { OrzError } from '../../core/errors.js';

/** `--from` names no trainer that can be translated. */
export function unknownTrainer(name: string | undefined, known: readonly string[]): OrzError {
  return new OrzError('ORZ_USAGE', 'It is not said which trainer the file belongs to', {
    ...(name !== undefined && { value: name }),
    allowed: known,
    origin: '--from',
    remedy: 'Name one with --from.',
  });
}

/** The file is not there, or holds no settings. */
export function nothingToImport(file: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_CONFIG_FILE', cause === undefined ? `No settings in ${file}` : `${file} cannot be read`, {
    value: file,
    allowed: 'JSON, YAML, or a script with the flags or overrides of the training',
    origin: file,
    remedy: 'Name the configuration file or the script that starts the training.',
    ...(cause !== undefined && { cause }),
  });
}

/** A setting whose value is no number. */
export function notANumber(key: string, value: unknown): OrzError {
  return new OrzError('ORZ_CONFIG_INVALID', `${key} is no number`, {
    value,
    allowed: 'a number',
    origin: key,
    remedy: 'Correct the file.',
  });
}
