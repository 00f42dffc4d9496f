import colors from 'picocolors';
import { describeFields } from '../../core/config/describe.js';
import { tokens, type Slot } from '../../core/contracts/tokens.js';
import type { FoundProvider } from '../../core/plugin/registry.js';
import { gatherConfig, type ConfigFlags } from '../config/gather.js';
import { exitCodes } from '../report-error.js';

/** `orz-train plugins`: what can be chosen in each slot, with its settings; the user's own plugins included. */
export async function listPlugins({ json = false, ...flags }: ConfigFlags & { readonly json?: boolean }): Promise<number> {
  const { registry } = await gatherConfig(flags, process.cwd());
  const found = await registry.all();
  process.stdout.write(json ? `${JSON.stringify(found.map(asData), null, 2)}\n` : `${(Object.keys(tokens) as Slot[]).map((slot) => describeSlot(slot, found)).join('\n')}\n`);
  return exitCodes.ok;
}

function asData({ plugin, provider }: FoundProvider) {
  const { slot, type, description, settings } = provider;
  return { slot, type, plugin: plugin.name, description, settings: describeFields(settings) };
}

function describeSlot(slot: Slot, found: readonly FoundProvider[]): string {
  const entries = found.filter(({ provider }) => provider.slot === slot).map(({ plugin, provider }) => {
    const settings = describeFields(provider.settings).map((field) => {
      const standard = field.default === undefined ? '' : ` (default ${JSON.stringify(field.default)})`;
      return `      ${field.path}: ${field.description}; ${field.allowed}${standard}`;
    });
    return [`  ${colors.bold(provider.type)}  ${provider.description} ${colors.dim(`[${plugin.name}]`)}`, ...settings].join('\n');
  });
  return `${colors.underline(slot)}\n${entries.length === 0 ? colors.dim('  nothing') : entries.join('\n')}\n`;
}
