import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { currentFolderGone } from './errors.js';
import { createProgram } from './program.js';
import { exitCodes, reportError } from './report-error.js';
import { packageRoot } from './setup/project.mjs';
import { usageError } from './usage.js';

/** The `orz-train` command: `args` without node and script. Returns the exit code; every error has been printed. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const program = createProgram(version, (code) => {
    exitCode = code;
  });
  for (const command of [program, ...program.commands]) silence(command);
  try {
    requireCurrentFolder();
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error);
    const usage = usageError(error, program, args);
    return usage === undefined ? exitCodes.ok : reportError(usage);
  }
}

/** Every command reads paths relative to the current folder. */
function requireCurrentFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw currentFolderGone(cause);
  }
}

/** Errors of commander are thrown, and printed as our own. */
function silence(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
}
