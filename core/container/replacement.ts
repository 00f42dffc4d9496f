import type { LoopParts } from '../contracts/loop.js';
import type { InjectionToken } from '../plugin/injection-token.js';
import { duplicateReplacement } from './errors.js';

/** What a plugin gets to make its replacement of a part of the loop. */
export interface ReplacementContext<P extends keyof LoopParts = keyof LoopParts> {
  /** The built-in part, to delegate to. */
  readonly builtin: LoopParts[P];
  /** Anything else that the run has: `runTokens`, `loopTokens`, `contractTokens`. */
  inject<T>(token: InjectionToken<T>): T;
}

/** A part of the training loop that a plugin replaces in every run whose configuration lists the plugin. */
export interface PartReplacement {
  readonly part: keyof LoopParts;
  create(context: never): LoopParts[keyof LoopParts];
}

/** Declares the replacement of one part: `replaces: [replacePart('collector', ({ builtin }) => …)]`. */
export const replacePart = <P extends keyof LoopParts>(
  part: P,
  create: (context: ReplacementContext<P>) => LoopParts[P],
): PartReplacement => ({ part, create });

export const loopPartNames = [
  'collector',
  'scorer',
  'estimator',
  'updater',
  'evaluator',
  'recorder',
  'checkpointer',
] as const satisfies readonly (keyof LoopParts)[];

/** The fields of a plugin used here. */
interface ReplacingPlugin {
  readonly name: string;
  readonly replaces?: readonly PartReplacement[];
}

/** A replacement with the plugin it comes from. */
export interface ChosenReplacement {
  readonly plugin: ReplacingPlugin;
  readonly replacement: PartReplacement;
}

/** The replacement of each part. Throws ORZ_PLUGIN_DUPLICATE if two plugins replace the same part. */
export function collectReplacements(
  plugins: readonly ReplacingPlugin[],
): ReadonlyMap<keyof LoopParts, ChosenReplacement> {
  const found = new Map<keyof LoopParts, ChosenReplacement>();
  for (const plugin of plugins) {
    for (const replacement of plugin.replaces ?? []) {
      const { part } = replacement;
      const other = found.get(part);
      if (other) throw duplicateReplacement(part, other.plugin.name, plugin.name);
      found.set(part, { plugin, replacement });
    }
  }
  return found;
}
