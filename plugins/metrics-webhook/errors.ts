import { OrzError } from '../../core/errors.js';
import { urlVariable } from './settings.js';

/** Errors of the address. It may hold a secret, so that none of them shows it. */

export const noAddress = (): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', 'The webhook has no address', {
    origin: 'metrics',
    remedy: `Set url in the settings of the sink, or the environment variable ${urlVariable}.`,
  });

export const badAddress = (problem: string, isFromEnvironment: boolean): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `The address of the webhook ${problem}`, {
    allowed: 'an address such as https://example.org/hooks/orz',
    origin: isFromEnvironment ? urlVariable : 'metrics',
    remedy: 'Correct the address.',
  });
