import { OrzError } from '../../core/errors.js';
import { keyVariable, shortestKey } from './access.js';

/** For an address or port that cannot be listened on. */
export const cannotListen = (host: string, port: number, cause: NodeJS.ErrnoException): OrzError =>
  new OrzError('ORZ_USAGE', `The endpoint for Prometheus cannot listen on ${host}, port ${port}: ${cause.message}`, {
    value: cause.code,
    origin: 'metrics',
    cause,
    remedy:
      'Choose another port (0: any free one), or an address of this machine as host, in the settings of the sink.',
  });

/** For an endpoint that other machines would reach without a key, or with one that can be guessed. */
export const keyNeeded = (host: string, isShort: boolean): OrzError =>
  new OrzError(
    'ORZ_USAGE',
    isShort
      ? `The key in ${keyVariable} is too short for an endpoint that other machines reach`
      : `The endpoint for Prometheus would be open to every machine that reaches ${host}`,
    {
      value: host,
      allowed: `a key of at least ${shortestKey} characters in ${keyVariable}`,
      origin: 'metrics',
      remedy: `Set ${keyVariable}, for example to the output of openssl rand -hex 32, or leave out host.`,
    },
  );
