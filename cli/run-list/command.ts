import type { Command } from 'commander';
import type { RunsFlags } from '../commands/runs.js';
import { exampleLines } from '../invocation.js';

type Execute = (work: Promise<number>) => Promise<void>;

/** Adds `runs` to the command line. */
export function addRunsCommand(program: Command, execute: Execute): void {
  program
    .command('runs')
    .description('list runs: state, iterations, held-out reward, disk, and what differs; or remove what is not needed')
    .argument('[clean]', 'remove superfluous checkpoints, or the runs named, in place of listing')
    .argument('[names...]', 'with clean: runs to remove as a whole')
    .option('--folder <folder>', 'the folder that holds the run folders; default: runs')
    .option('--yes', 'with clean: remove; without it, only what would be removed is told')
    .option('--json', 'print as JSON')
    .addHelpText('after', () => runsHelp())
    .action(async (action: string | undefined, names: readonly string[], flags: RunsFlags) => {
      const words = action === undefined ? [] : [action, ...names];
      return execute((await import('../commands/runs.js')).runs(words, flags));
    });
}

const runsHelp = (): string => `
Without names, clean keeps the newest and the best checkpoint of each run, and the one before training. Runs in progress
are left alone.

Examples:
${exampleLines([
  ['orz-train runs', 'those below runs/'],
  ['orz-train runs clean', 'what could be removed of their checkpoints'],
  ['orz-train runs clean orz-tiny-2026-01-31-120000 --yes', 'removes that run'],
])}`;
