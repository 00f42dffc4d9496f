import colors from 'picocolors';
import { presetCatalog } from '../../presets/index.js';
import { withOwnCommand } from '../invocation.js';
import { exitCodes } from '../report-error.js';

/** `orz-train presets`: one line per preset. Returns the exit code. */
export function listPresets({ json = false }: { readonly json?: boolean }): number {
  const presets = [...presetCatalog.values()];
  if (json) {
    process.stdout.write(`${JSON.stringify(presets, null, 2)}\n`);
    return exitCodes.ok;
  }
  const width = Math.max(...presets.map(({ name }) => name.length)) + 2;
  const lines = presets.map(({ name, description }) => `${colors.bold(name.padEnd(width))}${description}`);
  const more = withOwnCommand('See every value of one, and where it comes from: orz-train config --preset NAME');
  process.stdout.write(`${lines.join('\n')}\n\n${more}\n`);
  return exitCodes.ok;
}
