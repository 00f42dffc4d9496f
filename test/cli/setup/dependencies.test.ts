import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { missingDependencies } from '../../../cli/setup/dependencies.mjs';
import { temporaryFolder } from '../temporary-folder.js';

const packages = (versions: Record<string, string>) =>
  Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, { version }]));

function folderWith(wanted: object, installed?: object): string {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ packages: { '': { version: '1.0.0' }, ...wanted } }),
  );
  if (installed === undefined) return folder;
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  return folder;
}

it('everything is missing where nothing was installed', () => {
  expect(missingDependencies(folderWith(packages({ 'node_modules/a': '1.0.0', 'node_modules/b': '2.0.0' })))).toEqual([
    'node_modules/a',
    'node_modules/b',
  ]);
});

it('nothing is missing when every version agrees, also with packages too many', () => {
  const versions = packages({ 'node_modules/a': '1.0.0' });
  expect(
    missingDependencies(folderWith(versions, { ...versions, 'node_modules/extra': { version: '9.0.0' } })),
  ).toEqual([]);
});

it('a package of another version counts as missing, so that a changed lockfile installs again', () => {
  expect(
    missingDependencies(folderWith(packages({ 'node_modules/a': '1.1.0' }), packages({ 'node_modules/a': '1.0.0' }))),
  ).toEqual(['node_modules/a']);
});

it('optional packages, mostly for other systems, are not waited for', () => {
  expect(missingDependencies(folderWith({ 'node_modules/a': { version: '1.0.0', optional: true } }, {}))).toEqual([]);
});

it('an interrupted installation, whose record is torn, counts as missing', () => {
  const folder = folderWith(packages({ 'node_modules/a': '1.0.0' }), {});
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), '{"packages": {"node_mod');
  expect(missingDependencies(folder)).toEqual(['node_modules/a']);
});
