import type { Command } from 'commander';
import type { ClusterFlags } from '../commands/cluster.js';
import { exampleLines } from '../invocation.js';
import { wrongCheck } from './errors.js';

type Execute = (work: Promise<number>) => Promise<void>;

/** Describes `cluster`, which has the flags of presets already. */
export function addClusterCommand(command: Command, execute: Execute): void {
  command
    .description(
      'write everything that a run too large for one machine needs on a cluster of GPUs; or check its server',
    )
    .argument('[check]', 'prove a server that runs, in place of writing files')
    .option('--url <address>', 'with check: address of the server, for example http://127.0.0.1:8000')
    .option(
      '--out <folder>',
      'folder for the files, which must not exist; default: cluster- and the name of the preset',
    )
    .option('--nodes <number>', 'machines with GPUs; default: as few as the run fits on')
    .option('--gpus-per-node <number>', 'GPUs of 80 GB in each of them; default: 8')
    .option('--price <dollars>', 'US dollars per GPU-hour; default: 2.50, an assumption')
    .addHelpText('after', () => clusterHelp())
    .action(async (action: string | undefined, flags: ClusterFlags & { readonly url?: string }) => {
      const { url, ...others } = flags;
      if (action === undefined && url === undefined)
        return execute((await import('../commands/cluster.js')).cluster(others));
      const { clusterCheck } = await import('../commands/cluster-check.js');
      return execute(clusterCheck({ ...others, url: checkedUrl(action, url) }));
    });
}

/** Throws ORZ_USAGE for another word than `check`, and for one of word and address without the other. */
function checkedUrl(action: string | undefined, url: string | undefined): string {
  if (action === 'check' && url !== undefined) return url;
  throw wrongCheck(action, url);
}

const clusterHelp = (): string => `
Written for SkyRL with FSDP and vLLM behind the Tinker API: its configuration, scripts for Ray, SLURM and Kubernetes,
a README of ten commands, and the configuration with which this program trains on it. docs/cluster.md says what was
tried, and on what.

Examples:
${exampleLines([
  ['orz-train cluster --preset orz-7b', 'files for 8 GPUs, into cluster-orz-7b/'],
  ['orz-train cluster --preset orz-32b --nodes 16 --price 2.10'],
  [
    'orz-train cluster check --url http://127.0.0.1:8000 --config cluster-orz-7b/orz.config.json',
    'its server is right',
  ],
])}`;
