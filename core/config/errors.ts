import { indexOutOfRange, OrzError, nearest } from '../errors.js';
import { shellQuote } from '../shell-quote.js';

/** What is wrong with a value that a schema refuses. */
export interface InvalidValue {
  readonly path: string;
  readonly value: unknown;
  readonly allowed: string;
  readonly origin: string;
  /** A value that would be accepted, if one follows from the schema. */
  readonly example?: unknown;
}

/** Several faults of a configuration, at least one, as one error: the first, with the others behind it. */
export function together(faults: readonly OrzError[]): OrzError {
  const [first, ...further] = faults;
  if (first === undefined) throw indexOutOfRange(0, 0);
  if (further.length === 0) return first;
  return new OrzError(first.code, first.message, { ...first.details, further });
}

/** Each fault of an error by itself: the inverse of {@link together}. */
export function apart(error: OrzError): OrzError[] {
  const { further, ...own } = error.details;
  if (further === undefined) return [error];
  return [new OrzError(error.code, error.message, own), ...further];
}

/** A key that names no setting. */
export interface UnknownKey {
  /** Path of the object that has the key, `''` for the whole configuration. */
  readonly parent: string;
  readonly key: string;
  readonly value: unknown;
  readonly origin: string;
}

/** A setting that does not exist; `known` are the keys that its parent may have. */
export function unknownSetting({ parent, key, value, origin }: UnknownKey, known: readonly string[]): OrzError {
  const pathOf = (name: string) => (parent === '' ? name : `${parent}.${name}`);
  const near = nearest(key, known);
  return new OrzError('ORZ_CONFIG_UNKNOWN_KEY', `There is no setting '${pathOf(key)}'`, {
    value,
    allowed: known,
    origin,
    remedy: near === undefined ? 'Remove it, or see docs/configuration.md.' : `Did you mean '${pathOf(near)}'?`,
  });
}

/** A setting that no layer states and that has no default. */
export function missingSetting({ path, value, allowed, origin }: InvalidValue): OrzError {
  return new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' is missing`, {
    value,
    allowed,
    origin,
    remedy: isEntry(path)
      ? `State it in every entry of ${listOf(path)}.`
      : `Choose a preset that states it, or set it: --set ${path}=VALUE`,
  });
}

/** A setting of the wrong type or out of range. */
export const invalidSetting = (invalid: InvalidValue): OrzError => unacceptable(invalid, remedyFor(invalid));

/** A number given by a flag where text is expected: a flag is parsed as JSON, so digits alone are a number. */
export function unquotedNumber(invalid: InvalidValue): OrzError {
  const quoted = `--set ${shellQuote(`${invalid.path}=${JSON.stringify(String(invalid.value))}`)}`;
  return unacceptable(invalid, `Text that looks like a number needs quotes: ${quoted}`);
}

/** A value of a flag is typed again, one in a file is corrected there, a default is overridden. */
function remedyFor({ path, origin, example }: InvalidValue): string {
  const isFlag = origin.startsWith('--');
  if (isEntry(path)) return isFlag ? `Give ${listOf(path)} again.` : `Correct ${listOf(path)} in ${origin}.`;
  const quoted =
    example === undefined ? '' : shellQuote(typeof example === 'string' ? example : JSON.stringify(example));
  if (isFlag && quoted === '') return 'Give one of the allowed values.';
  const [flag = ''] = origin.split(' ', 1);
  if (isFlag) return `Give an allowed value, for example: ${flag} ${flag === '--set' ? `${path}=` : ''}${quoted}`;
  const override = `--set ${path}=${quoted || 'VALUE'}`;
  return origin === 'default' ? `Set it: ${override}` : `Correct it in ${origin}, or override it: ${override}`;
}

/** A value that no setting can have: `kind` continues "is". */
export const notPlain = (path: string, kind: string, origin: string): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `${path === '' ? 'The configuration' : `Setting '${path}'`} is ${kind}`, {
    ...(path !== '' && { value: path }),
    allowed: 'null, true, false, numbers, texts, and lists and plain objects of them',
    origin,
    remedy: `Write it as plain data in ${origin}.`,
  });

/** JSON has no infinite numbers. */
const shown = (value: unknown): string => (typeof value === 'number' ? String(value) : JSON.stringify(value));

/** Whether a path leads into an entry of a list, which `--set` cannot name. */
const isEntry = (path: string): boolean => /\.\d+(?:\.|$)/.test(path);
const listOf = (path: string): string => path.slice(0, path.search(/\.\d+(?:\.|$)/));

const unacceptable = ({ path, value, allowed, origin }: InvalidValue, remedy: string): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' cannot be ${shown(value)}`, {
    value,
    allowed,
    origin,
    remedy,
  });

/** A value that breaks a rule between settings. */
export function inconsistentSetting(invalid: InvalidValue, remedy: string): OrzError {
  const { path, value, allowed, origin } = invalid;
  const shown = JSON.stringify(value);
  return new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' does not fit the rest of the configuration: ${shown}`, {
    value,
    allowed,
    origin,
    remedy,
  });
}

/** A layer that is not an object; `label` names it. */
export function layerIsNoObject(value: unknown, label: string): OrzError {
  return new OrzError('ORZ_CONFIG_INVALID', `The configuration in ${label} is not an object`, {
    value,
    allowed: 'an object of settings',
    origin: label,
    remedy: 'Export an object, for example { iterations: 10 }.',
  });
}

/** A `--set` flag that is not `path=value`. */
export function malformedSet(flag: string): OrzError {
  return new OrzError('ORZ_USAGE', `--set needs path=value, not '${flag}'`, {
    value: flag,
    allowed: 'path=value',
    origin: '--set',
    remedy: 'Write it like this: --set advantage.lambda=0.95',
  });
}

/** A preset that does not exist; `origin` is what asked for it. */
export function unknownPreset(name: string, known: readonly string[], origin: string | undefined): OrzError {
  const near = nearest(name, known);
  return new OrzError('ORZ_PRESET_UNKNOWN', `There is no preset '${name}'`, {
    value: name,
    allowed: known,
    ...(origin !== undefined && { origin }),
    remedy: near === undefined ? 'List them with: orz-train presets' : `Did you mean '${near}'?`,
  });
}

/** Presets that extend each other in a cycle; the first name is repeated at the end. */
export function presetCycle(names: readonly string[]): OrzError {
  return new OrzError('ORZ_PRESET_CYCLE', `Presets extend each other in a cycle: ${names.join(' → ')}`, {
    value: names,
    origin: `preset ${names[0]}`,
    remedy: 'Remove `extends` from one of them.',
  });
}
