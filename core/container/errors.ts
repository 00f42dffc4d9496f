import type { Slot } from '../contracts/contract-tokens.js';
import { describePart, type Part } from '../boundary/part.js';
import { readableCause } from '../boundary/errors.js';
import { describeThrown, messageOf } from '../boundary/safe-text.js';
import { OrzError } from '../errors.js';

/** The errors of starting, resolving and disposing the parts of a run. */

/** A plugin asked for a slot that it does not list in `requires`. */
export function undeclaredRequirement(plugin: string, slot: Slot, declared: readonly Slot[]): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `Plugin '${plugin}' asked for ${slot} without declaring it`, {
    value: slot,
    allowed: declared,
    origin: plugin,
    remedy: `Add '${slot}' to the plugin's requires.`,
  });
}

export function slotNotStarted(slot: Slot): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `This run has no started ${slot}`, {
    value: slot,
    origin: 'run container',
    remedy: `List '${slot}' in the requires of the plugin that uses it.`,
  });
}

/** `create` of a part threw. */
export function partNotCreated(part: Part, cause: unknown): OrzError {
  const message = `Plugin '${part.plugin}' failed to start its ${part.role}: ${describeThrown(cause)}`;
  return new OrzError('ORZ_PLUGIN_LOAD', message, {
    origin: describePart(part),
    remedy: 'Correct the plugin: the cause below comes from it.',
    cause: readableCause(cause),
  });
}

export function duplicateReplacement(part: string, first: string, second: string): OrzError {
  return new OrzError('ORZ_PLUGIN_DUPLICATE', `Plugins '${first}' and '${second}' both replace the ${part}`, {
    value: second,
    origin: 'plugins',
    remedy: 'List only one of them, or combine both in one plugin.',
  });
}

export function unresolvable(name: string, cause: unknown): OrzError {
  const message = `${name} could not be made from the parts of this run: ${describeThrown(cause)}`;
  return new OrzError('ORZ_INTERNAL', message, {
    value: name,
    origin: 'run container',
    remedy: 'Give every constructor parameter @inject(token.symbol) of a registered part.',
    cause,
  });
}

export function disposalFailed(parts: readonly string[], failures: readonly unknown[]): OrzError {
  return new OrzError('ORZ_PLUGIN_LOAD', `Could not dispose ${parts.join(', ')}`, {
    value: parts,
    origin: 'run container',
    remedy: 'Correct the plugins: the causes below come from them; everything else was disposed.',
    cause: new AggregateError(failures, failures.map(messageOf).join('; ')),
  });
}
