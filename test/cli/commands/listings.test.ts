import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { runCli } from './run-cli.js';

const plugin = (name: string, more = '') => `import { definePlugin, provide, z } from 'open-reasoner-zero';
  export default definePlugin({ name: '${name}', ${more} provides: [provide('advantage', '${name}', {
    description: 'of a user',
    settings: z.strictObject({}),
    create: () => { throw new Error('not started'); },
  })] });`;

function folderWithPlugins(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'one.ts'), plugin('one'));
  writeFileSync(join(folder, 'two.ts'), plugin('two', "version: '3.1.4',"));
  const installed = join(folder, 'node_modules', '@them', 'three', 'src');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'index.mjs'), plugin('three'));
  writeFileSync(
    join(installed, '..', 'package.json'),
    JSON.stringify({ name: '@them/three', version: '0.2.0', type: 'module', exports: './src/index.mjs' }),
  );
  writeFileSync(
    join(folder, 'orz.config.json'),
    JSON.stringify({
      $schema: './orz.schema.json',
      preset: 'orz-tiny',
      plugins: ['./one.ts', './two.ts', '@them/three'],
    }),
  );
  return folder;
}

describe('orz-train plugins', () => {
  it('tells contract, version and origin of everything that can be chosen: built in, a file, a package', async () => {
    const folder = folderWithPlugins();
    const { code, stdout } = await runCli(['plugins', '--json'], folder);
    expect(code).toBe(0);
    const listed = JSON.parse(stdout) as { plugin: string; type: string; slot: string }[];
    const of = (name: string) => listed.find(({ plugin }) => plugin === name);
    expect(of('advantage-gae')).toMatchObject({
      slot: 'advantage',
      contract: 'Advantage',
      type: 'gae',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      origin: 'built-in',
      chosen: true,
    });
    expect(of('advantage-group')).toMatchObject({ chosen: false });
    expect(of('one')).toMatchObject({ version: null, origin: 'one.ts' });
    expect(of('two')).toMatchObject({ version: '3.1.4', origin: 'two.ts' });
    expect(of('three')).toMatchObject({ version: '0.2.0', origin: '@them/three@0.2.0' });
    const text = await runCli(['plugins'], folder);
    expect(text.stdout).toMatch(
      /\nadvantage {2}contract Advantage\n \*gae {2}.*\[advantage-gae \d+\.\d+\.\d+, built-in\]/,
    );
    expect(text.stdout).toContain('[two 3.1.4, two.ts]');
    expect(text.stdout).toContain('[three 0.2.0, @them/three@0.2.0]');
  });
});

describe('orz-train config --schema', () => {
  it('prints the schema with the plugins of the configuration, which may itself name a schema', async () => {
    const { code, stdout, stderr } = await runCli(['config', '--schema'], folderWithPlugins());
    expect([code, stderr]).toEqual([0, '']);
    const { properties } = JSON.parse(stdout) as { properties: { advantage: { anyOf: [{ enum: string[] }] } } };
    expect(properties.advantage.anyOf[0].enum).toEqual(expect.arrayContaining(['gae', 'one', 'two', 'three']));
  });
});
