import colors from 'picocolors';
import type { Preset } from '../../core/config/preset.js';
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
  const lines = presets.map((preset) => `${colors.bold(preset.name.padEnd(width))}${describe(preset)}`);
  const more = [
    'See every value of one, and where it comes from: orz-train config --preset NAME',
    'Change another one: orz-train --preset orz-tiny --preset gae-lambda-0.95',
  ];
  process.stdout.write(`${lines.join('\n')}\n\n${more.map(withOwnCommand).join('\n')}\n`);
  return exitCodes.ok;
}

const describe = ({ description, changes }: Preset): string =>
  changes === undefined ? description : `${description}; changes ${changes} if chosen alone`;
