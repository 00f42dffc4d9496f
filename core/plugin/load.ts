import * as z from 'zod';
import { Calls } from '../boundary/calls.js';
import { rememberFile } from '../boundary/part.js';
import { messageOf } from '../boundary/safe-text.js';
import { loopPartNames } from '../container/replacement.js';
import { contractTokens, type Slot } from '../contracts/contract-tokens.js';
import { isOrzError, nearest } from '../errors.js';
import { pluginApiVersion, type Plugin } from './define.js';
import { incompatiblePlugin, invalidPlugin, pluginNotImported } from './errors.js';

/** Imports a module by the specifier in a configuration; the platform decides how (TypeScript, packages, a browser). */
export type ImportModule = (specifier: string) => Promise<unknown>;

/** Code at the top of a module may wait for something that never comes. */
const loadingLimits = { hookSeconds: 60, workSeconds: 60 };

/**
 * The plugin that `specifier` names. Throws ORZ_PLUGIN_LOAD when the module cannot be imported (missing file, syntax
 * error, an exception of its own) and ORZ_PLUGIN_INVALID when its default export is not a plugin, or one for another
 * version of the plugin API.
 */
export async function loadPlugin(specifier: string, importModule: ImportModule): Promise<Plugin> {
  let module: unknown;
  try {
    const part = { plugin: specifier, role: 'module' };
    module = await new Calls(loadingLimits).wait({ part, method: 'import' }, 'hook', importModule(specifier));
  } catch (cause) {
    throw pluginNotImported(specifier, cause);
  }
  const plugin = checkedPlugin(module, specifier);
  rememberFile(plugin, specifier);
  return plugin;
}

/** A plugin may be an object that cannot even be looked at. */
function checkedPlugin(module: unknown, specifier: string): Plugin {
  try {
    return checkPlugin(defaultExport(module), specifier);
  } catch (error) {
    throw isOrzError(error) ? error : invalidPlugin(specifier, `it cannot be read: ${messageOf(error)}`, specifier);
  }
}

/** A CommonJS module imported as ESM has its default export one level deeper. */
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
  error: ({ input }) => {
    const known = Object.keys(contractTokens);
    const near = typeof input === 'string' ? nearest(input, known) : undefined;
    const suggestion = near === undefined ? '' : ` (did you mean ${near}?)`;
    return `must be one of ${known.join(', ')}, not ${JSON.stringify(input)}${suggestion}`;
  },
});
const nameSchema = z.string('must be a text').regex(/^[\w@][\w@./-]*$/, 'must be letters, digits and any of - _ . / @');
const wholeNumber = 'must be a whole number, at least 1';

const providerSchema = z.looseObject(
  {
    slot: slotSchema,
    type: nameSchema,
    description: z.string('must be one line of text').min(1, 'must be one line of text'),
    settings: settingsSchema,
    create: z.custom((value) => typeof value === 'function', 'must be a function'),
  },
  'must be made by provide(slot, type, { … })',
);

const replacementSchema = z.looseObject(
  {
    part: z.enum(loopPartNames),
    create: z.custom((value) => typeof value === 'function', 'must be a function'),
  },
  'must be made by replacePart(part, create)',
);

const pluginSchema = z
  .looseObject(
    {
      name: nameSchema,
      apiVersion: z.int(wholeNumber).min(1, wholeNumber).optional(),
      version: z.string('must be a text').min(1, 'must not be empty').optional(),
      requires: z.array(slotSchema).optional(),
      provides: z.array(providerSchema),
      replaces: z.array(replacementSchema).optional(),
    },
    'must be an object made by definePlugin({ … })',
  )
  .refine(({ provides, replaces = [] }) => provides.length + replaces.length > 0, {
    path: ['provides'],
    error: 'must hold at least one provide(slot, type, { … })',
  });

/**
 * `value` if it is a well-formed plugin for this version of the plugin API, else ORZ_PLUGIN_INVALID naming the plugin
 * (or `origin`) and the field.
 */
export function checkPlugin(value: unknown, origin: string): Plugin {
  const name = isObject(value) && typeof value.name === 'string' ? value.name : origin;
  const apiVersion = isObject(value) ? value.apiVersion : undefined;
  // First, because the shape of a plugin may be what differs between the versions.
  if (isVersion(apiVersion) && apiVersion !== pluginApiVersion) throw incompatiblePlugin(name, apiVersion, origin);
  const [issue] = pluginSchema.safeParse(value).error?.issues ?? [];
  if (issue) throw invalidPlugin(name, `${issue.path.join('.') || 'default export'} ${issue.message}`, origin);
  const plugin = value as Plugin;
  if (plugin.requires?.includes('metrics'))
    throw invalidPlugin(plugin.name, 'requires cannot name metrics: sinks only receive', origin);
  if (plugin.requires?.includes('benchmark'))
    throw invalidPlugin(plugin.name, 'requires cannot name benchmark: no run starts one', origin);
  return plugin;
}

const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
