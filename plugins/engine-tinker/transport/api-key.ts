import { badKey } from './errors.js';
import { keyVariables } from './key-variables.js';

/** The key for the server, if there is one; throws ORZ_USAGE for one that no header can hold. */
export function apiKeyIn(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const variable = keyVariables.find((name) => environment[name]);
  const key = variable === undefined ? undefined : environment[variable];
  if (variable !== undefined && key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw badKey(variable);
  return key;
}
