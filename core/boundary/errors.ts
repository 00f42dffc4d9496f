import { isOrzError, OrzError, type ErrorDetails } from '../errors.js';
import { describePart, type Part } from './part.js';
import { describeThrown } from './safe-text.js';

/** The errors of the boundary between this package and its plugins: each names plugin, part and method. */

/** A method of a part, as called. */
export interface CallSite {
  readonly part: Part;
  readonly method: string;
}

/** A value that is not what a contract asks for. Becomes {@link pluginReturned} where the call is known. */
export class Mismatch extends Error {
  constructor(
    /** Where in the result, for example `advantages[3]`; empty for the result itself. */
    readonly path: string,
    readonly came: string,
    readonly due: string,
  ) {
    super(`${path === '' ? 'it' : path} is ${came} instead of ${due}`);
  }
}

export const describeCall = ({ part, method }: CallSite): string => `${method} of ${describePart(part)}`;

const whose = ({ part, method }: CallSite): string => `${method} of its ${part.role}`;

/** The plugin threw, whatever it threw. */
export const pluginThrew = (site: CallSite, cause: unknown): OrzError =>
  new OrzError('ORZ_PLUGIN_FAILED', `Plugin '${site.part.plugin}' threw in ${whose(site)}: ${describeThrown(cause)}`, {
    origin: describeCall(site),
    remedy: 'Correct the plugin: the cause below comes from it.',
    cause: readableCause(cause),
  });

/** The plugin returned, or has as a field, something else than its contract says. */
export const pluginReturned = (site: CallSite, { path, came, due }: Mismatch): OrzError => {
  const what = path === '' ? came : `${path}: ${came}`;
  return new OrzError('ORZ_PLUGIN_FAILED', `Plugin '${site.part.plugin}' returned ${what}, in ${whose(site)}`, {
    value: came,
    allowed: due,
    origin: describeCall(site),
    remedy: 'Correct the plugin: docs/plugins.md says what is checked, docs/conformance.md how to test it.',
  });
};

/** The plugin neither finished nor got on. */
export const pluginHung = (site: CallSite, seconds: number, setting: string): OrzError =>
  new OrzError('ORZ_PLUGIN_FAILED', `Plugin '${site.part.plugin}' did not finish ${whose(site)} in ${seconds} s`, {
    value: seconds,
    allowed: `${setting} (${seconds}) seconds without progress`,
    origin: describeCall(site),
    remedy: `Correct the plugin, or raise ${setting} if it is merely slow.`,
  });

/** The plugin wrote into what it was lent. */
export const pluginChangedInput = (site: CallSite): OrzError =>
  new OrzError('ORZ_PLUGIN_FAILED', `Plugin '${site.part.plugin}' changed what it was given, in ${whose(site)}`, {
    allowed: 'arguments left as they are: other parts use the same arrays',
    origin: describeCall(site),
    remedy: 'Correct the plugin: copy what you want to change.',
  });

/** What a plugin started with lacks a member, or has one of the wrong kind. */
export const partIncomplete = (part: Part, { path, came, due }: Mismatch): OrzError =>
  new OrzError('ORZ_PLUGIN_INVALID', `Plugin '${part.plugin}' made ${part.role} whose ${path || 'value'} is ${came}`, {
    value: came,
    allowed: due,
    origin: describePart(part),
    remedy: 'Correct the plugin: core/contracts says what each part must have.',
  });

/** A plugin logged or reported something that is no text or number. */
export const wrongReport = (part: Part, { path, came, due }: Mismatch): OrzError =>
  new OrzError('ORZ_PLUGIN_FAILED', `Plugin '${part.plugin}' reported ${path}: ${came}, from its ${part.role}`, {
    value: came,
    allowed: due,
    origin: describePart(part),
    remedy: 'Correct the plugin: events take texts, and numbers that are finite.',
  });

/** Errors that say already whose fault they are, or that no plugin is to blame for. */
const attributed = new WeakSet<object>();

/** Marks an error as one that calls further out must leave as it is. */
export function markAttributed(error: unknown): void {
  if (typeof error === 'object' && error !== null) attributed.add(error);
}

/**
 * The error to throw for what a call threw: an OrzError as it is, with the plugin named in its origin, everything else
 * as ORZ_PLUGIN_FAILED.
 */
export function attribute(site: CallSite, thrown: unknown): unknown {
  if (typeof thrown === 'object' && thrown !== null && attributed.has(thrown)) return thrown;
  const error = isOrzError(thrown) ? namePlugin(site, thrown) : pluginThrew(site, thrown);
  markAttributed(error);
  return error;
}

/** The error of one of our own checks, about something that the call returned. */
export function blamed(site: CallSite, error: OrzError): OrzError {
  const call = describeCall(site);
  const blaming = new OrzError(error.code, error.message, { ...error.details, origin: call });
  markAttributed(blaming);
  return blaming;
}

/** Someone stopping the run is nobody's fault. */
function namePlugin(site: CallSite, error: OrzError): OrzError {
  const { origin = '' } = error.details;
  const shown = `${error.message} ${origin}`;
  const named = shown.includes(`'${site.part.plugin}'`) || shown.includes(`of plugin '`);
  if (named || error.code === 'ORZ_INTERRUPTED' || error.constructor !== OrzError) return error;
  const call = describeCall(site);
  return copyOf(error, { ...error.details, origin: origin === '' ? call : `${origin}, in ${call}` });
}

function copyOf(error: OrzError, details: ErrorDetails): OrzError {
  const copy = new OrzError(error.code, error.message, details);
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}

/** The thrown error itself if all of it can be read, else undefined; its causes are for `causesOf` to read. */
export function readableCause(thrown: unknown): Error | undefined {
  try {
    if (!(thrown instanceof Error)) return undefined;
    return [thrown.name, thrown.message, thrown.stack ?? ''].every((text) => typeof text === 'string')
      ? thrown
      : undefined;
  } catch {
    return undefined;
  }
}
