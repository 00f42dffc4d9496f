import colors from 'picocolors';
import { zip } from '../../core/arrays.js';
import { describeFields } from '../../core/config/describe.js';
import { contractNames, contractTokens, type Slot } from '../../core/contracts/contract-tokens.js';
import type { FoundProvider } from '../../core/plugin/registry.js';
import { gatherConfig, type ConfigFlags } from '../config/gather.js';
import { originOfPlugin, type PluginOrigin } from '../config/plugin-origin.js';
import { exitCodes } from '../report-error.js';
import { printable } from '../terminal/format.js';

/** A provider with where its plugin comes from, and whether the configuration chooses it. */
interface Listed extends FoundProvider, PluginOrigin {
  readonly chosen: boolean;
}

/**
 * `orz-train plugins`: what can be chosen for each slot, with its settings, plugin, version, origin and contract; the
 * user's own plugins included. Returns the exit code.
 */
export async function listPlugins({
  json = false,
  ...flags
}: ConfigFlags & { readonly json?: boolean }): Promise<number> {
  const { registry, plugins, resolved } = await gatherConfig(flags, process.cwd());
  // The user's plugins come last, in the order of the configuration.
  const ownNames = registry.names.slice(registry.names.length - plugins.length);
  const paths = new Map([...zip(ownNames, plugins)].map(([name, path]) => [name, path]));
  const chosen = new Set([...resolved.slots.values(), ...resolved.metrics].map(({ provider }) => provider));
  const found = (await registry.all()).map((entry): Listed => ({
    ...entry,
    ...originOfPlugin(entry.plugin, paths.get(entry.plugin.name), process.cwd()),
    chosen: chosen.has(entry.provider),
  }));
  const slots = Object.keys(contractTokens) as Slot[];
  const text = json
    ? JSON.stringify(found.map(asData), null, 2)
    : slots.map((slot) => describeSlot(slot, found)).join('\n');
  process.stdout.write(`${text}\n`);
  return exitCodes.ok;
}

function asData({ plugin, provider, origin, version, chosen }: Listed) {
  const { slot, type, description, settings } = provider;
  return {
    slot,
    contract: contractNames[slot],
    type,
    plugin: plugin.name,
    version: version ?? null,
    apiVersion: plugin.apiVersion ?? null,
    origin,
    chosen,
    description,
    settings: describeFields(settings),
  };
}

function describeSlot(slot: Slot, found: readonly Listed[]): string {
  const entries = found.filter(({ provider }) => provider.slot === slot).map(describeProvider);
  const heading = `${colors.underline(slot)}  ${colors.dim(`contract ${contractNames[slot]}`)}`;
  return `${[heading, ...(entries.length === 0 ? [colors.dim('  nothing')] : entries)].join('\n')}\n`;
}

function describeProvider({ plugin, provider, origin, version, chosen }: Listed): string {
  const source = `[${plugin.name}${version === undefined ? '' : ` ${version}`}, ${origin}]`;
  const name = `${chosen ? colors.green(' *') : '  '}${colors.bold(provider.type)}`;
  const settings = describeFields(provider.settings).map((field) => {
    const standard = field.default === undefined ? '' : ` (default ${JSON.stringify(field.default)})`;
    return `      ${field.path}: ${field.description}; ${field.allowed}${standard}`;
  });
  const heading = `${name}  ${printable(provider.description)} ${colors.dim(printable(source))}`;
  return [heading, ...settings].join('\n');
}
