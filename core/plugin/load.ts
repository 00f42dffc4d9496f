import { z } from 'zod';
import { loopPartNames } from '../container/replacement.js';
import { contractTokens, type Slot } from '../contracts/contract-tokens.js';
import { OrzError, nearest } from '../errors.js';
import type { Plugin } from './define.js';

/** Imports a module by the specifier a configuration gave; the platform decides how (TypeScript, packages, a browser). */
export type ImportModule = (specifier: string) => Promise<unknown>;

/**
 * The plugin that `specifier` names. Throws ORZ_PLUGIN_LOAD when the module cannot be imported (missing file, syntax
 * error, an exception of its own) and ORZ_PLUGIN_INVALID when its default export is no plugin.
 */
export async function loadPlugin(specifier: string, importModule: ImportModule): Promise<Plugin> {
  let module: unknown;
  try {
    module = await importModule(specifier);
  } catch (cause) {
    throw new OrzError(
      'ORZ_PLUGIN_LOAD',
      `Plugin '${specifier}' could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        value: specifier,
        origin: 'plugins',
        remedy: 'Give a path relative to the configuration file, or the name of an installed package.',
        cause,
      },
    );
  }
  return checkPlugin(defaultExport(module), specifier);
}

/** A CommonJS module seen through an ESM import carries its default export one level deeper. */
function defaultExport(module: unknown): unknown {
  if (!isObject(module) || 'provides' in module) return module;
  const { default: exported } = module;
  return isObject(exported) && 'default' in exported && !('provides' in exported) ? exported.default : exported;
}

const settingsSchema = z.custom(
  (value) => isObject(value) && isObject(value.shape) && typeof value.safeParse === 'function' && '_zod' in value,
  'must be a zod 4 object: z.object({ … })',
);
const slotSchema = z.custom<Slot>((value) => typeof value === 'string' && Object.hasOwn(contractTokens, value), {
  error: (issue) =>
    `must be one of ${Object.keys(contractTokens).join(', ')}, not ${JSON.stringify(issue.input)}${suggestSlot(issue.input)}`,
});
const nameSchema = z.string('must be a text').regex(/^[\w@][\w@./-]*$/, 'must be letters, digits and any of - _ . / @');

const pluginSchema = z
  .looseObject(
    {
      name: nameSchema,
      version: z.string('must be a text').min(1, 'must not be empty').optional(),
      requires: z.array(slotSchema).optional(),
      provides: z.array(
        z.looseObject(
          {
            slot: slotSchema,
            type: nameSchema,
            description: z.string('must be one line of text').min(1, 'must be one line of text'),
            settings: settingsSchema,
            create: z.custom((value) => typeof value === 'function', 'must be a function'),
          },
          'must be made by provide(slot, type, { … })',
        ),
      ),
      replaces: z
        .array(
          z.looseObject(
            {
              part: z.enum(loopPartNames),
              create: z.custom((value) => typeof value === 'function', 'must be a function'),
            },
            'must be made by replacePart(part, create)',
          ),
        )
        .optional(),
    },
    'must be an object made by definePlugin({ … })',
  )
  .refine(({ provides, replaces = [] }) => provides.length + replaces.length > 0, {
    path: ['provides'],
    error: 'must hold at least one provide(slot, type, { … })',
  });

/** `value` if it is a well-formed plugin, else ORZ_PLUGIN_INVALID naming the plugin (or `origin`) and the field. */
export function checkPlugin(value: unknown, origin: string): Plugin {
  const result = pluginSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const name = isObject(value) && typeof value.name === 'string' ? value.name : origin;
    throw invalidPlugin(name, `${issue.path.join('.') || 'default export'} ${issue.message}`, origin);
  }
  const plugin = value as Plugin;
  if (plugin.requires?.includes('metrics'))
    throw invalidPlugin(plugin.name, 'requires cannot name metrics: sinks only receive', origin);
  return plugin;
}

/** The error for a plugin that breaks the contract of {@link Plugin}. */
export function invalidPlugin(name: string, problem: string, origin: string): OrzError {
  return new OrzError('ORZ_PLUGIN_INVALID', `Plugin '${name}' is not valid: ${problem}`, {
    value: name,
    origin,
    remedy: 'See docs/plugins.md for the shape of a plugin.',
  });
}

function suggestSlot(input: unknown): string {
  const near = typeof input === 'string' ? nearest(input, Object.keys(contractTokens)) : undefined;
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
