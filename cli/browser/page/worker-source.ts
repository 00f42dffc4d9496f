import { rolloutFile, rolloutFolder } from '../../../core/rollouts/rollout-files.js';
import type { Rollout, RolloutFileInfo, RunInfo, Source } from '../../dashboard/shared/data.js';
import { deviceName, isActive, type RunView, type ShownRollouts } from '../run-view.js';
import type { Client } from './client.js';

/** The run of the worker, as a source of data for the pages of the dashboard. */
export function workerSource(client: Client, name: string): Source {
  return {
    live: true,
    runs: async () => [infoOf(client, name)],
    metrics: async (_run, from) => {
      const { before, metrics } = client.view;
      const records = [...(before ? [before] : []), ...metrics];
      return { records: records.slice(from), next: records.length, restarted: false };
    },
    rolloutFiles: async () => client.view.batches.map(fileOf).sort((a, b) => (a.file < b.file ? -1 : 1)),
    rollouts: async (_run, { file }): Promise<readonly Rollout[]> =>
      client.view.batches.find((batch) => fileOf(batch).file === file)?.rollouts ?? [],
  };
}

function infoOf({ view }: Client, name: string): RunInfo {
  const { planned: plan } = view;
  return {
    name,
    folder: 'this page',
    state: stateOf(view),
    ...(plan && { iterations: plan.config.iterations }),
    facts: [
      ['device', deviceName(view)],
      ['seed', String(plan?.config.seed)],
    ],
  };
}

function stateOf(view: RunView): RunInfo['state'] {
  if (isActive(view)) return 'running';
  return view.state === 'finished' ? 'finished' : 'unfinished';
}

/** Named like the files of a run folder. */
const fileOf = ({ iteration, set, rollouts }: ShownRollouts): RolloutFileInfo => ({
  file: rolloutFile(iteration, set).slice(rolloutFolder.length),
  iteration,
  bytes: rollouts.length,
  ...(set !== undefined && { set }),
});
