import type { z } from 'zod';
import type { Slot } from '../contracts/tokens.js';
import { OrzError } from '../errors.js';
import type { Plugin } from './define.js';

/** What is known of a provider that this version does not have. */
export interface PlaceholderOptions {
  readonly name: string;
  readonly slot: Slot;
  readonly type: string;
  readonly description: string;
  readonly settings: z.ZodObject;
  /** What a user who wants to run it can do now. */
  readonly remedy: string;
}

/**
 * A plugin for a provider that presets name but this version does not have: configurations with it resolve, print and are
 * planned; starting it throws ORZ_PLUGIN_MISSING.
 */
export function placeholder({ name, slot, type, description, settings, remedy }: PlaceholderOptions): Plugin {
  const create = (): never => {
    throw new OrzError('ORZ_PLUGIN_MISSING', `This version cannot start ${slot} '${type}' yet`, { value: type, origin: slot, remedy });
  };
  return { name, provides: [{ slot, type, description, settings, create }] };
}
