import type { ClusterPlan } from '../../core/plan/cluster.js';
import type { ConfigFlags } from '../config/gather.js';
import { usualUrl } from './client-config.js';
import { folderOf, nameOf } from './spec.js';
import { shellQuote } from '../../core/shell-quote.js';

/** What was typed to start a run, and the name it got. */
export interface TypedRun {
  readonly name: string;
  readonly flags: ConfigFlags;
}

/**
 * What to type so that a run too large for this machine runs on a cluster, one command after the other, with the flags
 * that were given here.
 */
export function clusterSteps({ gpus }: ClusterPlan, { name, flags }: TypedRun): string[] {
  const typed = flagsOf(flags);
  const folder = folderOf(nameOf(name));
  return [
    `Write all it takes on ${gpus} GPUs: ${['orz-train cluster', ...typed].join(' ')}`,
    `Start the server there and forward its port to this machine: five commands in ${folder}/README.md`,
    `Train on the server at ${usualUrl}: orz-train --config ${shellQuote(`${folder}/orz.config.json`)}`,
  ].map((step, i) => `${i + 1}. ${step}`);
}

/** The flags that decide the configuration, ready for a shell. */
function flagsOf({ preset = [], config, set = [], seed, iterations }: ConfigFlags): string[] {
  return [
    ...preset.map((name) => `--preset ${shellQuote(name)}`),
    ...(typeof config === 'string' ? [`--config ${shellQuote(config)}`] : []),
    ...(config === false ? ['--no-config'] : []),
    ...(seed === undefined ? [] : [`--seed ${shellQuote(seed)}`]),
    ...(iterations === undefined ? [] : [`--iterations ${shellQuote(iterations)}`]),
    ...set.map((entry) => `--set ${shellQuote(entry)}`),
  ];
}
