import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as core from '../../../core/index.js';
import { importModule, resolveModule } from '../../../cli/config/import-module.js';
import { temporaryFolder } from '../temporary-folder.js';

function file(folder: string, name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('importing user code', () => {
  it.each(['plugin.ts', 'plugin.mts', 'plugin.mjs', 'plugin.js'])(
    '%s gets the very package that runs it, without node_modules',
    async (name) => {
      const folder = temporaryFolder();
      const path = file(
        folder,
        name,
        `import * as orz from 'open-reasoner-zero';
        import { z } from 'zod';
        export { orz };
        export const schema = z.object({});`,
      );
      const module = (await importModule(path, folder)) as { orz: typeof core; schema: object };
      expect(module.orz.OrzError).toBe(core.OrzError);
      expect(module.orz.contractTokens).toBe(core.contractTokens);
      expect(module.schema).toBeInstanceOf(core.z.ZodObject);
    },
  );

  it('files it imports get the same, with or without ending', async () => {
    const folder = temporaryFolder();
    file(folder, 'helper.ts', `import { OrzError } from 'open-reasoner-zero'; export const used: unknown = OrzError;`);
    const path = file(
      folder,
      'plugin.ts',
      `import { used } from './helper.js'; import { used as again } from './helper'; export default [used, again];`,
    );
    expect(((await importModule(path, folder)) as { default: unknown[] }).default).toEqual([
      core.OrzError,
      core.OrzError,
    ]);
  });

  it('knows its own place, so that a reward can name its module', async () => {
    const folder = temporaryFolder();
    const path = file(folder, 'plugin.ts', `export const here: string = new URL('./reward.ts', import.meta.url).href;`);
    expect(await importModule(pathToFileURL(path).href, folder)).toMatchObject({
      here: pathToFileURL(join(folder, 'reward.ts')).href,
    });
  });

  it('the conformance suites come from the package that runs it', async () => {
    const folder = temporaryFolder();
    const path = file(folder, 'check.ts', `export * from 'open-reasoner-zero/conformance';`);
    expect(Object.keys((await importModule(path, folder)) as object).length).toBeGreaterThan(0);
  });
});

describe('resolving a plugin', () => {
  it('a path is relative to the folder, with or without ./', async () => {
    const folder = temporaryFolder();
    const path = file(folder, 'mine.ts', '');
    expect(await resolveModule('./mine.ts', folder, 'test')).toBe(path);
    expect(await resolveModule('mine.ts', folder, 'test')).toBe(path);
    expect(await resolveModule(path, '/', 'test')).toBe(path);
    expect(await resolveModule(pathToFileURL(path).href, '/', 'test')).toBe(path);
  });

  it('a package is found from the folder', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'node_modules', 'orz-plugin-x'), { recursive: true });
    file(
      join(folder, 'node_modules', 'orz-plugin-x'),
      'package.json',
      '{ "name": "orz-plugin-x", "type": "module", "exports": "./main.js" }',
    );
    const path = file(join(folder, 'node_modules', 'orz-plugin-x'), 'main.js', 'export default 1;');
    expect(await resolveModule('orz-plugin-x', folder, 'test')).toBe(path);
  });

  it.each(['./none.ts', 'orz-plugin-absent', '/none/at/all.ts'])(
    '%s, which is not there, is ORZ_PLUGIN_LOAD naming who asked',
    async (specifier) => {
      await expect(resolveModule(specifier, temporaryFolder(), 'orz.config.ts')).rejects.toMatchObject({
        code: 'ORZ_PLUGIN_LOAD',
        details: { value: specifier, origin: 'orz.config.ts', remedy: expect.any(String) },
      });
    },
  );

  it('what is there but no file is not opened, so that nobody waits for a pipe', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder.mjs'));
    execFileSync('mkfifo', [join(folder, 'pipe.mjs')]);
    for (const name of ['folder.mjs', 'pipe.mjs'])
      await expect(resolveModule(`./${name}`, folder, '--set')).rejects.toMatchObject({ code: 'ORZ_PLUGIN_LOAD' });
  });
});
