import { join } from 'node:path';
import { expect, it } from 'vitest';
import { namedOrNewest } from '../../../cli/run/default-run.js';
import { useFolder } from '../commands/in-folder.js';

const test = useFolder();
const find = (cwd: string) => Promise.resolve(join(cwd, 'runs', 'last'));

it('a run folder that the user named is taken without a word', async () => {
  expect(await namedOrNewest('mine', find)).toBe('mine');
  expect(test.printed).toEqual({ out: '', err: '' });
});

it('the newest run is told on stderr', async () => {
  expect(await namedOrNewest(undefined, find)).toBe(join(process.cwd(), 'runs', 'last'));
  expect(test.printed).toEqual({ out: '', err: `Using the newest run: ${join('runs', 'last')}\n` });
});
