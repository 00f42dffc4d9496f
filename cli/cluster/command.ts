import type { Command } from 'commander';
import type { ClusterFlags } from '../commands/cluster.js';
import { exampleLines } from '../invocation.js';

type Execute = (work: Promise<number>) => Promise<void>;

/** Describes `cluster`, which has the flags of presets already. */
export function addClusterCommand(command: Command, execute: Execute): void {
  command
    .description('write everything that a run too large for one machine needs on a cluster of GPUs')
    .option(
      '--out <folder>',
      'folder for the files, which must not exist; default: cluster- and the name of the preset',
    )
    .option('--nodes <number>', 'machines with GPUs; default: as few as the run fits on')
    .option('--gpus-per-node <number>', 'GPUs of 80 GB in each of them; default: 8')
    .option('--price <dollars>', 'US dollars per GPU-hour; default: 2.50, an assumption')
    .addHelpText('after', () => clusterHelp())
    .action(async (flags: ClusterFlags) => execute((await import('../commands/cluster.js')).cluster(flags)));
}

const clusterHelp = (): string => `
Written for SkyRL with FSDP and vLLM behind the Tinker API: its configuration, scripts for Ray, SLURM and Kubernetes,
a README of ten commands, and the configuration with which this program trains on it. docs/cluster.md says what was
tried, and on what.

Examples:
${exampleLines([
  ['orz-train cluster --preset orz-7b', 'files for 8 GPUs, into cluster-orz-7b/'],
  ['orz-train cluster --preset orz-32b --nodes 16 --price 2.10'],
])}`;
