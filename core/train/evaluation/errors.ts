import { nearest, OrzError } from '../../errors.js';

/** A setting for a held-out set that the data do not have. */
export function unknownSet(path: string, name: string, known: readonly string[]): OrzError {
  const near = nearest(name, known);
  return new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' is for a held-out set that the data do not have`, {
    value: name,
    allowed: known,
    origin: path,
    remedy: near === undefined ? 'Take it out, or name a set of data.evaluation.' : `Did you mean ${near}?`,
  });
}
