import type * as z from 'zod';
import type { OrzError } from '../errors.js';
import { allowedAt, exampleAt, knownKeys } from './describe.js';
import { invalidSetting, missingSetting, together, unknownSetting, unquotedNumber } from './errors.js';
import { originOf } from './layers.js';

/** Where a value is in the configuration, and which layer stated each part of it. */
export interface ValueLocation {
  /** Path of the value within the configuration, `''` for the whole. */
  readonly prefix: string;
  readonly origins: ReadonlyMap<string, string>;
}

/** What a schema makes of a value: all of it, or everything that is wrong with it, at least one fault. */
export type Validated<T> = { readonly data: T } | { readonly faults: readonly OrzError[] };

/**
 * `value` with defaults filled in, or an ORZ_CONFIG_UNKNOWN_KEY or ORZ_CONFIG_INVALID for each problem, naming the full
 * path, the value, what is allowed and the layer it came from. Keys unknown to the schema are never ignored.
 */
export function tryValidate<Z extends z.ZodObject>(
  schema: Z,
  value: unknown,
  location: ValueLocation,
): Validated<z.infer<Z>> {
  const result = schema.strict().safeParse(value, { reportInput: true });
  if (result.success) return { data: result.data as z.infer<Z> };
  const { issues } = result.error;
  const misspelt = issues.filter((issue) => issue.code === 'unrecognized_keys');
  // A misspelt key often also reads as a missing one: the spelling is the better message.
  const isMisspelt = (issue: z.core.$ZodIssue): boolean =>
    isMissing(issue) && misspelt.some(({ path }) => path.join() === issue.path.slice(0, -1).join());
  const others = issues.filter((issue) => issue.code !== 'unrecognized_keys' && !isMisspelt(issue));
  return {
    faults: [
      ...misspelt.flatMap((issue) => unknownKeys(schema, issue, location)),
      ...others.map((issue) => invalidValue(schema, issue, { ...location, root: value })),
    ],
  };
}

/** As {@link tryValidate}, but throws what is wrong: the first fault, with the others as `further`. */
export function validate<Z extends z.ZodObject>(schema: Z, value: unknown, location: ValueLocation): z.infer<Z> {
  const validated = tryValidate(schema, value, location);
  if ('data' in validated) return validated.data;
  throw together(validated.faults);
}

const isMissing = (issue: z.core.$ZodIssue): boolean => issue.code === 'invalid_type' && issue.input === undefined;

function unknownKeys(
  schema: z.ZodObject,
  issue: z.core.$ZodIssueUnrecognizedKeys,
  location: ValueLocation,
): OrzError[] {
  const parent = join(location.prefix, issue.path);
  const known = knownKeys(schema, issue.path) ?? [];
  return issue.keys.map((key) => {
    const origin = originOf(join(parent, [key]), location.origins) ?? 'default';
    return unknownSetting({ parent, key, value: ownValue(issue.input, key), origin }, known);
  });
}

function invalidValue(
  schema: z.ZodObject,
  issue: z.core.$ZodIssue,
  location: ValueLocation & { readonly root: unknown },
): OrzError {
  const path = join(location.prefix, issue.path);
  // A rule between settings says in its own words what is allowed, and was given the object that holds them.
  const isRule = issue.code === 'custom';
  const allowed = isRule ? issue.message : (allowedAt(schema, issue.path) ?? issue.message);
  const end = issue.code === 'too_big' && !allowed.includes('at most') ? `, at most ${issue.maximum}` : '';
  const value = isRule ? issue.path.reduce(ownValue, location.root) : issue.input;
  const stated = originOf(path, location.origins);
  if (value === undefined && issue.code === 'invalid_type')
    return missingSetting({ path, value, allowed, origin: stated ?? 'no layer states it' });
  const example = isRule ? undefined : exampleAt(schema, issue.path, value);
  const invalid = { path, value, allowed: `${allowed}${end}`, origin: stated ?? 'default', example };
  return isUnquoted(issue, invalid.origin) ? unquotedNumber(invalid) : invalidSetting(invalid);
}

/** Whether a flag gave a number, as which digits are parsed, where text is expected. */
const isUnquoted = (issue: z.core.$ZodIssue, origin: string): boolean =>
  issue.code === 'invalid_type' &&
  issue.expected === 'string' &&
  typeof issue.input === 'number' &&
  origin.startsWith('--set');

function join(prefix: string, path: readonly PropertyKey[]): string {
  return [...(prefix === '' ? [] : [prefix]), ...path.map(String)].join('.');
}

const ownValue = (container: unknown, key: PropertyKey): unknown =>
  typeof container === 'object' && container !== null ? (container as Record<PropertyKey, unknown>)[key] : undefined;
