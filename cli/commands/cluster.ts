import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orzCommand } from '../cluster/commands.js';
import { folderTaken } from '../cluster/errors.js';
import { clusterRows } from '../cluster/figures.js';
import { backendFile, clusterFiles } from '../cluster/files.js';
import type { ClusterFile } from '../cluster/templates.js';
import { clusterSpec, folderOf, type ShapeFlags } from '../cluster/spec.js';
import { gatherConfig, type ConfigFlags } from '../config/gather.js';
import { withOwnCommand } from '../invocation.js';
import { exitCodes } from '../report-error.js';
import { printable } from '../terminal/format.js';

export interface ClusterFlags extends ConfigFlags, ShapeFlags {
  /** Folder for the files. */
  readonly out?: string;
}

/**
 * `orz-train cluster`: writes everything that a run on a cluster needs into a new folder, and says what it takes.
 * Returns the exit code. Throws ORZ_USAGE for a folder that holds something.
 */
export async function cluster({ out, nodes, gpusPerNode, price, ...flags }: ClusterFlags): Promise<number> {
  const gathered = await gatherConfig(flags, process.cwd());
  const spec = await clusterSpec(gathered, {
    ...(nodes !== undefined && { nodes }),
    ...(gpusPerNode !== undefined && { gpusPerNode }),
    ...(price !== undefined && { price }),
  });
  const folder = out ?? folderOf(spec.name);
  await requireEmpty(folder);
  const files = await clusterFiles(spec, gathered, folder);
  for (const file of files) await writeInto(folder, file);
  const rows: (readonly [label: string, value: string])[] = [
    ...clusterRows(spec.plan, spec.config.iterations, spec.price),
    ['skyrl.json', `SHA-256 ${backendFile(spec).hash}`],
  ];
  const lines = [
    `${folder}: ${files.map(({ name }) => name).join(', ')}`,
    ...rows.map(([label, value]) => `  ${label.padEnd(14)}${value}`),
    `Read ${join(folder, 'README.md')}: ten commands. Once the server answers:`,
    `  ${orzCommand(['--config', join(folder, 'orz.config.json')])}`,
  ];
  process.stdout.write(`${printable(withOwnCommand(lines.join('\n')))}\n`);
  return exitCodes.ok;
}

async function requireEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw folderTaken(folder);
  });
  if (names.length > 0) throw folderTaken(folder);
  await mkdir(folder, { recursive: true });
}

async function writeInto(folder: string, { name, text, isScript = false }: ClusterFile): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, text);
  if (isScript) await chmod(path, 0o755);
}
