import { beforeAll, describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { planOf, planRequestOf } from '../../cli/plan.js';
import { planCluster, smallestCluster, type ClusterPlan } from '../../core/plan/cluster.js';
import type { RunPlan } from '../../core/plan/types.js';
import { readPage } from './pages.js';

/** Tables of the page: first cell of the header to the rows, each a label with a number per preset. */
const tables = new Map(
  readPage('docs/plan.md')
    .split(/\n\n/)
    .filter((block) => block.startsWith('| '))
    .map((block) => {
      const rows = block
        .trim()
        .split('\n')
        .map((line) =>
          line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim().replaceAll('*', '')),
        );
      return [
        rows[2]![0]!,
        new Map(
          rows
            .slice(2)
            .map((cells) => [cells[0]!, cells.slice(-2).map((cell) => Number(cell.replace(/,| EFLOP/g, '')))]),
        ),
      ] as const;
    }),
);

describe.each([
  ['orz-7b', 0],
  ['orz-32b', 1],
] as const)('docs/plan.md states for %s what is planned', (preset, column) => {
  let plan: RunPlan;
  let cluster: ClusterPlan;
  beforeAll(async () => {
    const { resolved } = await gatherConfig({ preset: [preset] }, process.cwd());
    plan = await planOf(resolved);
    const { request } = await planRequestOf(resolved);
    cluster = planCluster(request, smallestCluster(request));
  });
  const stated = (table: string, row: string): number => tables.get(table)!.get(row)![column]!;

  it('tokens and parameters', () => {
    expect(stated('D', 'N')).toBe(plan.maxTokensPerIteration);
    expect(stated('a block', 'policy')).toBe(plan.parameters!.policy);
    expect(stated('a block', 'critic')).toBe(plan.parameters!.critic);
  });

  it('memory, to the byte', () => {
    expect(Object.fromEntries([...tables.get('weights')!].map(([name, values]) => [name, values[column]]))).toEqual(
      plan.memory,
    );
  });

  it('memory of a GPU on a cluster, to the byte', () => {
    for (const [name, bytes] of Object.entries(cluster.training))
      expect(stated('states', name), name).toBe(Math.round(bytes));
  });

  it('time and traffic on a cluster, to the last digit shown', () => {
    const { time, wire } = cluster;
    const planned: Readonly<Record<string, number>> = {
      GPUs: cluster.gpus,
      'hours, typical': Number((time.typicalSeconds / 3600).toFixed(2)),
      'hours, at most': Number((time.maxSeconds / 3600).toFixed(2)),
      'GPU-hours of the run': Math.round(time.gpuHours),
      'GB on the wire, typical': Number((wire.typical.bytes / 1e9).toFixed(2)),
      'GB on the wire, at most': Number((wire.max.bytes / 1e9).toFixed(2)),
      'seconds of the API, typical': Math.round(wire.typical.serverSeconds),
      'seconds of the API, at most': Math.round(wire.max.serverSeconds),
      'GB in its database, typical': Number((wire.typical.databaseBytes / 1e9).toFixed(2)),
    };
    for (const [row, value] of Object.entries(planned)) expect(stated('GPUs', row), row).toBe(value);
  });

  it('operations, to three decimals of an EFLOP', () => {
    const { total, ...phases } = plan.operations!;
    for (const [phase, count] of Object.entries({ ...phases, 'an iteration': total }))
      expect(stated('sample', phase)).toBeCloseTo(count / 1e18, 3);
  });
});
