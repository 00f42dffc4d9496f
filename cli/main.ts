import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { currentFolderGone, endedEarly } from './errors.js';
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
  process.on('exit', refuseEarlyEnd);
  try {
    requireCurrentFolder();
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error);
    const usage = usageError(error, program, args);
    return usage === undefined ? exitCodes.ok : reportError(usage);
  } finally {
    process.off('exit', refuseEarlyEnd);
  }
}

/** Configuration files and plugins are code, and may end this process: that must not look like success. */
function refuseEarlyEnd(code: number): void {
  const isReaderGone = process.stdout.errored ?? process.stderr.errored; // Then the exit is our own.
  if (code !== exitCodes.ok || isReaderGone) return;
  process.exitCode = reportError(endedEarly());
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
