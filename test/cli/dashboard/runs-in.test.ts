import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runsIn } from '../../../cli/dashboard/runs-in.js';
import { temporaryFolder } from '../temporary-folder.js';

it('a folder of runs stands for its runs, in the order of their seeds; any other for itself', async () => {
  const folder = temporaryFolder();
  const runs = ['a-seed-2', 'a-seed-10'].map((name) => join(folder, name));
  for (const run of runs) mkdirSync(join(run, 'checkpoints', 'runs'), { recursive: true });
  for (const run of runs) writeFileSync(join(run, 'config.json'), '{}');
  mkdirSync(join(folder, 'notes'));
  expect(await runsIn(folder)).toEqual(runs);
  for (const other of [runs[0]!, join(folder, 'notes'), join(folder, 'none')])
    expect(await runsIn(other)).toEqual([other]);
});
