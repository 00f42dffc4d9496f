import { OrzError } from '../../core/errors.js';

/** The environment variable with the key that clients of other machines need. */
export const keyVariable = 'ORZ_SERVE_KEY';

/** The configuration has an engine that is on a server already. */
export function engineNotLocal(type: string): OrzError {
  return new OrzError('ORZ_USAGE', `Only the local engine can be served, and the configuration has '${type}'`, {
    value: type,
    allowed: 'local',
    origin: 'engine',
    remedy: 'Add --set engine=local, or choose another preset.',
  });
}

/** A name that clients could not send. */
export function badModelName(name: string): OrzError {
  return new OrzError('ORZ_USAGE', `The model cannot be called ${JSON.stringify(name)}`, {
    value: name,
    allowed: '1 to 300 printable characters, for example owner/name',
    origin: '--model-name',
    remedy: 'Leave it out to use the name of the configuration.',
  });
}
