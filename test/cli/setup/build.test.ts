import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { sourceFiles } from '../../../cli/setup/build-scripts.mjs';
import { newestChange } from '../../../cli/setup/build.mjs';
import { packageRoot } from '../../../cli/setup/project.mjs';
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

it('a first start translates the files that the compiler compiles', () => {
  const { config } = ts.readConfigFile(join(packageRoot, 'tsconfig.json'), ts.sys.readFile) as { config: unknown };
  const compiled = ts.parseJsonConfigFileContent(config, ts.sys, packageRoot).fileNames;
  const translated = sourceFiles().map((path) => join(packageRoot, path));
  expect(translated.sort()).toEqual(compiled.map((path) => join(path)).sort());
});
