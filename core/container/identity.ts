import { partOfPlugin } from '../boundary/part.js';
import type { ResolvedConfig } from '../config/resolve.js';
import type { SingleSlot } from '../config/schema.js';
import { startOrder } from '../plugin/registry.js';

/**
 * Types and settings of a slot and of all that it requires, as text; undefined if one comes from a file of the user's.
 */
export function identityOf(slot: SingleSlot, slots: ResolvedConfig['slots']): string | undefined {
  const parts: unknown[] = [];
  for (const name of startOrder(slots, [slot])) {
    const chosen = slots.get(name);
    if (chosen === undefined || partOfPlugin(chosen.plugin, name).file !== undefined) return undefined;
    parts.push([name, chosen.provider.type, chosen.settings]);
  }
  return JSON.stringify(parts);
}
