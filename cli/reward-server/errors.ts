import { OrzError } from '../../core/errors.js';

export const keyVariable = 'ORZ_REWARD_KEY';
export const shortestKey = 16;

/** For an address that other machines reach, without the flag that says this is meant; `variable` holds the key. */
export function remoteNotAllowed(host: string, variable: string): OrzError {
  return new OrzError('ORZ_USAGE', `Other machines could reach ${host}, and --allow-remote does not say so`, {
    value: host,
    allowed: '127.0.0.1, ::1 or localhost, unless --allow-remote is given',
    origin: '--host',
    remedy: `Leave --host out, or put a key into ${variable} and add --allow-remote.`,
  });
}

/** For an address that other machines reach, without a key or with one that could be guessed. */
export function keyNeeded(host: string, isSet: boolean, variable: string): OrzError {
  const fault = isSet ? `is shorter than ${shortestKey} characters` : 'is not set';
  return new OrzError('ORZ_USAGE', `Other machines could reach ${host}, and the key in ${variable} ${fault}`, {
    value: host,
    allowed: `a key of at least ${shortestKey} characters`,
    origin: variable,
    remedy: `Set it, for example: export ${variable}=$(openssl rand -hex 24)`,
  });
}

export function notALimit(flag: string, text: string, allowed: string): OrzError {
  return new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed,
    origin: flag,
    remedy: 'Leave it out to use the default.',
  });
}
