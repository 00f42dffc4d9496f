import colors from 'picocolors';
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

/** `orz-train plugins`: what can be chosen in each slot, with its settings, plugin, version, origin and contract; the user's own plugins included. */
export async function listPlugins({
  json = false,
  ...flags
}: ConfigFlags & { readonly json?: boolean }): Promise<number> {
  const { registry, plugins, resolved } = await gatherConfig(flags, process.cwd());
  // The user's plugins come last, in the order of the configuration.
  const paths = new Map(
    registry.names.slice(registry.names.length - plugins.length).map((name, i) => [name, plugins[i]!]),
  );
  const chosen = new Set([...resolved.slots.values(), ...resolved.metrics].map(({ provider }) => provider));
  const found = (await registry.all()).map((entry): Listed => ({
    ...entry,
    ...originOfPlugin(entry.plugin, paths.get(entry.plugin.name), process.cwd()),
    chosen: chosen.has(entry.provider),
  }));
  process.stdout.write(
    json
      ? `${JSON.stringify(found.map(asData), null, 2)}\n`
      : `${(Object.keys(contractTokens) as Slot[]).map((slot) => describeSlot(slot, found)).join('\n')}\n`,
  );
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
  const entries = found
    .filter(({ provider }) => provider.slot === slot)
    .map(({ plugin, provider, origin, version, chosen }) => {
      const settings = describeFields(provider.settings).map((field) => {
        const standard = field.default === undefined ? '' : ` (default ${JSON.stringify(field.default)})`;
        return `      ${field.path}: ${field.description}; ${field.allowed}${standard}`;
      });
      const source = `[${plugin.name}${version === undefined ? '' : ` ${version}`}, ${origin}]`;
      return [
        `${chosen ? colors.green(' *') : '  '}${colors.bold(provider.type)}  ${printable(provider.description)} ${colors.dim(printable(source))}`,
        ...settings,
      ].join('\n');
    });
  return `${colors.underline(slot)}  ${colors.dim(`contract ${contractNames[slot]}`)}\n${entries.length === 0 ? colors.dim('  nothing') : entries.join('\n')}\n`;
}
