import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newestChange } from '../../../cli/setup/build.mjs';
import { temporaryFolder } from '../temporary-folder.js';

const [old, recent] = [new Date(1_000_000_000_000), new Date(1_500_000_000_000)];

function tree(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'deep', 'node_modules'), { recursive: true });
  for (const path of ['a.ts', 'deep/b.ts', 'deep/node_modules/c.js']) writeFileSync(join(folder, path), '');
  for (const path of ['a.ts', 'deep/b.ts', 'deep/node_modules/c.js', 'deep', '.'])
    utimesSync(join(folder, path), old, old);
  return folder;
}

it('the newest change of a folder is that of its newest file, however deep', () => {
  const folder = tree();
  expect(newestChange(folder)).toBe(old.getTime());
  utimesSync(join(folder, 'deep', 'b.ts'), recent, recent);
  expect(newestChange(folder)).toBe(recent.getTime());
});

it('a removed file is a change', () => {
  const folder = tree();
  rmSync(join(folder, 'deep', 'b.ts'));
  expect(newestChange(folder)).toBeGreaterThan(recent.getTime());
});

it('installed packages are no sources', () => {
  const folder = tree();
  utimesSync(join(folder, 'deep', 'node_modules', 'c.js'), recent, recent);
  expect(newestChange(folder)).toBe(old.getTime());
});

it('what does not exist never changed', () => {
  expect(newestChange(join(tree(), 'absent'))).toBe(0);
});
