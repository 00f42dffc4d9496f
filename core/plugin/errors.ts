import { readableCause } from '../boundary/errors.js';
import { messageOf } from '../boundary/safe-text.js';
import type { Slot } from '../contracts/contract-tokens.js';
import { OrzError, nearest } from '../errors.js';
import { pluginApiVersion } from './define.js';

/** A module that cannot be imported: a missing file, a syntax error, an exception of its own. */
export function pluginNotImported(specifier: string, cause: unknown): OrzError {
  const [reason] = messageOf(cause).split('\n');
  return new OrzError('ORZ_PLUGIN_LOAD', `Plugin '${specifier}' could not be loaded: ${reason}`, {
    value: specifier,
    origin: 'plugins',
    remedy: 'Give a path relative to the configuration file, or the name of an installed package.',
    cause: readableCause(cause),
  });
}

/** A plugin that breaks the contract of `Plugin`; `problem` begins with the field. */
export function invalidPlugin(name: string, problem: string, origin: string): OrzError {
  return new OrzError('ORZ_PLUGIN_INVALID', `Plugin '${name}' is not valid: ${problem}`, {
    value: name,
    origin,
    remedy: 'Correct the field; docs/plugins.md describes the shape of a plugin.',
  });
}

/** A plugin written for another version of the contracts. */
export function incompatiblePlugin(name: string, apiVersion: number, origin: string): OrzError {
  const remedy =
    apiVersion > pluginApiVersion
      ? `Update open-reasoner-zero, or install a version of the plugin for plugin API ${pluginApiVersion}.`
      : `Update the plugin to a version for plugin API ${pluginApiVersion}, or use an older open-reasoner-zero.`;
  return new OrzError(
    'ORZ_PLUGIN_INVALID',
    `Plugin '${name}' is written for plugin API ${apiVersion}, but this open-reasoner-zero has ${pluginApiVersion}`,
    { value: apiVersion, allowed: String(pluginApiVersion), origin, remedy },
  );
}

/** A lazily loaded plugin that differs from its registration. */
export function unlikeRegistration(
  name: string,
  declared: readonly string[],
  found: { readonly name: string; readonly types: readonly string[] },
): OrzError {
  const provided = `'${found.name}' provides ${found.types.join(', ')}`;
  return invalidPlugin(name, `it is registered with ${declared.join(', ')} but ${provided}`, name);
}

export function duplicateName(name: string): OrzError {
  return duplicate(name, `Two plugins are named '${name}'`, 'Rename one of them, or list it once.');
}

export function duplicateType(slot: Slot, type: string, [first, second]: readonly [string, string]): OrzError {
  const message = `Plugins '${first}' and '${second}' both provide ${slot} '${type}'`;
  return duplicate(second, message, 'Give one of them another type.');
}

const duplicate = (name: string, message: string, remedy: string): OrzError =>
  new OrzError('ORZ_PLUGIN_DUPLICATE', message, { value: name, origin: 'plugins', remedy });

/** A type that no plugin provides; `origin` is the layer that asked for it. */
export function unknownType(slot: Slot, type: string, known: readonly string[], origin: string | undefined): OrzError {
  const near = nearest(type, known);
  return new OrzError(
    slot === 'backend' ? 'ORZ_BACKEND_UNKNOWN' : 'ORZ_PLUGIN_UNKNOWN',
    `There is no ${slot} '${type}'`,
    {
      value: type,
      allowed: known,
      ...(origin !== undefined && { origin }),
      remedy:
        near === undefined
          ? `Choose one of them, or list the plugin that provides it under 'plugins'.`
          : `Did you mean '${near}'?`,
    },
  );
}

/** A required slot that no registered plugin could fill. */
export function unprovidedSlot(slot: Slot, plugin: string, provided: readonly Slot[]): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `Plugin '${plugin}' requires ${slot}, but no plugin provides one`, {
    value: slot,
    origin: plugin,
    allowed: provided,
    remedy: `List a plugin that provides ${slot} under 'plugins'.`,
  });
}

/** A required slot that the configuration leaves empty. */
export function unchosenSlot(slot: Slot, plugin: string): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `Plugin '${plugin}' requires ${slot}, but the configuration chooses none`, {
    value: slot,
    origin: plugin,
    remedy: `Choose a provider: --set ${slot}=NAME`,
  });
}

/** Plugins that require each other in a cycle; the first member is repeated at the end. */
export function requirementCycle(members: readonly { readonly slot: Slot; readonly plugin: string }[]): OrzError {
  const names = members.map(({ slot, plugin }) => `${slot} (plugin '${plugin}')`);
  return new OrzError('ORZ_PLUGIN_CYCLE', `Plugins require each other in a cycle: ${names.join(' → ')}`, {
    value: members.map(({ slot }) => slot),
    origin: 'plugins',
    remedy: 'Remove one of these entries from `requires`.',
  });
}
