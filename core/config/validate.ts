import type { z } from 'zod';
import { OrzError, nearest } from '../errors.js';
import { allowedAt, knownKeys } from './describe.js';
import { originOf } from './layers.js';

/** What an error needs to say about the place a value stands in. */
export interface Place {
  /** Path of the value within the configuration, `''` for the whole. */
  readonly prefix: string;
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * `value` with defaults filled in. Throws ORZ_CONFIG_UNKNOWN_KEY or ORZ_CONFIG_INVALID for the first problem, naming
 * the full path, the value, what is allowed and the layer it came from. Keys the schema does not know are never ignored.
 */
export function validate<Z extends z.ZodObject>(schema: Z, value: unknown, place: Place): z.infer<Z> {
  const result = schema.strict().safeParse(value, { reportInput: true });
  if (result.success) return result.data as z.infer<Z>;
  const { issues } = result.error;
  // A misspelt key often also reads as a missing one: the spelling is the better message.
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  throw unknown ? unknownKey(schema, unknown, place) : invalidValue(schema, issues[0]!, place);
}

function unknownKey(schema: z.ZodObject, issue: z.core.$ZodIssueUnrecognizedKeys, place: Place): OrzError {
  const key = issue.keys[0]!;
  const known = knownKeys(schema, issue.path) ?? [];
  const near = nearest(key, known);
  const path = join(place.prefix, [...issue.path, key]);
  return new OrzError('ORZ_CONFIG_UNKNOWN_KEY', `There is no setting '${path}'`, {
    value: valueAt(issue.input, [key]),
    allowed: known,
    origin: originOf(path, place.origins) ?? 'default',
    remedy:
      near === undefined
        ? `Remove it, or see docs/configuration.md.`
        : `Did you mean '${join(place.prefix, [...issue.path, near])}'?`,
  });
}

function invalidValue(schema: z.ZodObject, issue: z.core.$ZodIssue, place: Place): OrzError {
  const path = join(place.prefix, issue.path);
  const allowed = allowedAt(schema, issue.path) ?? issue.message;
  const missing = issue.input === undefined && issue.code === 'invalid_type';
  const origin = originOf(path, place.origins) ?? (missing ? 'no layer states it' : 'default');
  return new OrzError(
    'ORZ_CONFIG_INVALID',
    missing ? `Setting '${path}' is missing` : `Setting '${path}' cannot be ${JSON.stringify(issue.input)}`,
    {
      value: issue.input,
      allowed: issue.code === 'custom' ? issue.message : allowed,
      origin,
      remedy: missing
        ? `Choose a preset that states it, or give it: --set ${path}=VALUE`
        : `Change ${path} where it is stated: ${origin}.${isUnquoted(issue, origin) ? ` A text that looks like a number needs quotes: --set '${path}="${String(issue.input)}"'` : ''}`,
    },
  );
}

/** Whether a flag gave a number, as which digits are read, where a text is wanted. */
const isUnquoted = (issue: z.core.$ZodIssue, origin: string): boolean =>
  issue.code === 'invalid_type' &&
  issue.expected === 'string' &&
  typeof issue.input === 'number' &&
  origin.startsWith('--set');

function join(prefix: string, path: readonly PropertyKey[]): string {
  return [...(prefix === '' ? [] : [prefix]), ...path.map(String)].join('.');
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    input,
  );
}
