import { beforeAll, describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { planOf } from '../../cli/plan.js';
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
  beforeAll(async () => {
    plan = await planOf((await gatherConfig({ preset: [preset] }, process.cwd())).resolved);
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

  it('operations, to three decimals of an EFLOP', () => {
    const { total, ...phases } = plan.operations!;
    for (const [phase, count] of Object.entries({ ...phases, 'an iteration': total }))
      expect(stated('sample', phase)).toBeCloseTo(count / 1e18, 3);
  });
});
