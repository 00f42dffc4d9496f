import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { rememberPlugins } from '../../../cli/config/trusted-plugins.js';
import { openModel } from '../../../cli/model/open-model.js';
import { silentEvents } from '../../../core/silent-events.js';
import { temporaryFolder } from '../temporary-folder.js';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A run that names a plugin which leaves a trace when it is executed. */
async function runWithPlugin(listed: (path: string) => string = (path) => path): Promise<string> {
  const run = join(folder, 'run');
  mkdirSync(run);
  const plugin = join(run, 'plugin.mjs');
  writeFileSync(
    plugin,
    `import { writeFileSync } from 'node:fs';
    import { definePlugin, provide, z } from 'open-reasoner-zero';
    writeFileSync(${JSON.stringify(join(folder, 'executed'))}, '');
    const sink = { description: 'x', settings: z.strictObject({}), create: () => ({ name: 'x', record() {} }) };
    export default definePlugin({ name: 'x', provides: [provide('metrics', 'x', sink)] });`,
  );
  const { resolved } = await gatherConfig({}, folder);
  writeFileSync(join(run, '.files'), '');
  writeFileSync(join(run, 'config.json'), JSON.stringify({ ...resolved.config, plugins: [listed(plugin)] }));
  return run;
}

const wasExecuted = () => existsSync(join(folder, 'executed'));
const refused = {
  code: 'ORZ_PLUGIN_LOAD',
  details: { remedy: expect.stringContaining('--trust-plugins') as string },
};

describe('the plugins that a run names', () => {
  it.each([
    ['by their absolute path', (path: string) => path],
    ['relative to the run folder', () => './plugin.mjs'],
    ['by URL', (path: string) => `file://${path}`],
  ])('are not executed before the user has used them: %s', async (_, listed) => {
    const run = await runWithPlugin(listed);
    await expect(gatherConfig({ resume: run }, folder)).rejects.toMatchObject(refused);
    await expect(openModel({ runDir: run }, silentEvents, new AbortController().signal)).rejects.toMatchObject(refused);
    expect(wasExecuted()).toBe(false);
  });

  it('are loaded when the user says so, or names them, or has started a run with them', async () => {
    const run = await runWithPlugin();
    const plugin = join(run, 'plugin.mjs');
    for (const consent of [{ trustPlugins: true }, { set: [`plugins=["${plugin}"]`] }]) {
      expect((await gatherConfig({ resume: run, ...consent }, folder)).plugins).toEqual([plugin]);
      await expect(gatherConfig({ resume: run }, folder)).rejects.toMatchObject(refused); // Nothing was remembered.
    }
    await rememberPlugins([plugin]);
    expect((await gatherConfig({ resume: run }, folder)).plugins).toEqual([plugin]);
    expect(wasExecuted()).toBe(true);
  });

  it('are remembered in a folder of the user alone', async () => {
    await rememberPlugins(['/a/plugin.ts', '/a/plugin.ts', '/b/plugin.ts']);
    const notes = join(folder, 'state', 'orz-train', 'plugins');
    expect(readdirSync(notes)).toHaveLength(2);
    if (process.platform !== 'win32') expect(statSync(notes).mode & 0o777).toBe(0o700);
  });

  it('are not remembered without a home to write to, which stops nothing', async () => {
    writeFileSync(join(folder, 'state'), '');
    await expect(rememberPlugins(['/a/plugin.ts'])).resolves.toBeUndefined();
  });
});
