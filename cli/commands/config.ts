import colors from 'picocolors';
import { configJsonSchema } from '../../core/config/json-schema.js';
import { sourceOf } from '../../core/config/preset.js';
import { leafValues } from '../../core/config/layers.js';
import { gatherConfig, type ConfigFlags, type GatheredConfig } from '../config/gather.js';
import { presetCatalog } from '../../presets/index.js';
import { planLines, planOf } from '../plan.js';
import { exitCodes } from '../report-error.js';

/** One value of the configuration with where it came from. */
interface Row {
  readonly path: string;
  readonly value: unknown;
  /** The layer that set it. */
  readonly origin: string;
  /** What the preset cites for it. */
  readonly source?: string;
}

/**
 * `orz-train config`: the resolved configuration, the origin of every value, and what the preset cites for it; then the
 * plan. Or the JSON schema of configuration files. Starts nothing. Returns the exit code.
 */
export async function showConfig({
  json = false,
  schema = false,
  ...flags
}: ConfigFlags & { readonly json?: boolean; readonly schema?: boolean }): Promise<number> {
  const gathered = await gatherConfig(flags, process.cwd());
  if (schema) {
    const providers = (await gathered.registry.all()).map(({ provider }) => provider);
    process.stdout.write(`${JSON.stringify(configJsonSchema(providers, [...presetCatalog.keys()]), null, 2)}\n`);
    return exitCodes.ok;
  }
  const rows = configRows(gathered);
  const plan = await planOf(gathered.resolved);
  if (json) {
    const data = { preset: gathered.preset, config: gathered.resolved.config, values: rows, plan };
    process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  } else {
    process.stdout.write([...rowLines(rows), '', colors.bold('Plan'), ...planLines(plan), ''].join('\n'));
  }
  return exitCodes.ok;
}

function configRows({ resolved: { config, origins }, stack }: GatheredConfig): Row[] {
  return leafValues(config)
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => {
      const origin = origins.get(path) ?? 'default';
      const source = sourceOf(path, origin, stack);
      return { path, value, origin, ...(source === undefined ? {} : { source }) };
    });
}

function rowLines(rows: readonly Row[]): string[] {
  const values = rows.map((row) => JSON.stringify(row.value));
  const pathWidth = columnWidth(
    rows.map((row) => row.path),
    40,
  );
  const valueWidth = columnWidth(values, 28);
  return rows.map(({ path, value, origin, source }) => {
    const shown = colors.bold(JSON.stringify(value).padEnd(valueWidth));
    const cited = source === undefined ? '' : colors.dim(`: ${source}`);
    return `${path.padEnd(pathWidth)}  ${shown}  ${colors.cyan(origin)}${cited}`;
  });
}

/** Width of the widest text, at most `limit`; longer texts stick out. */
const columnWidth = (texts: readonly string[], limit: number): number =>
  Math.min(limit, Math.max(...texts.map((text) => text.length)));
