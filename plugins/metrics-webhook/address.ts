import { badAddress, noAddress } from './errors.js';
import { urlVariable } from './settings.js';

/**
 * Where messages go: the setting, else the environment. Throws ORZ_CONFIG_INVALID, without showing the address, for one
 * that is missing or cannot be used.
 */
export function webhookAddress(
  setting: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): URL {
  const text = setting ?? environment[urlVariable];
  if (text === undefined || text === '') throw noAddress();
  const isFromEnvironment = setting === undefined;
  if (!URL.canParse(text)) throw badAddress('is none', isFromEnvironment);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw badAddress('must begin with http or https', isFromEnvironment);
  if (url.username !== '' || url.password !== '')
    throw badAddress('must not hold a name or a password', isFromEnvironment);
  return url;
}
