import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { describeError } from '../../../cli/report-error.js';
import { temporaryFolder } from '../temporary-folder.js';

function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const plugin = (name: string) => `
import { definePlugin, provide } from 'open-reasoner-zero';
import * as z from 'zod';
export default definePlugin({ name: '${name}', provides: [provide('policyLoss', 'mine', {
  description: 'a test', settings: z.strictObject({ scale: z.number().default(1).describe('a number') }),
  create: (settings) => ({ name: 'mine', settings, build: () => { throw new Error('not run'); } }),
})] });`;

const userPreset = (fields: string) => `
import { definePreset } from 'open-reasoner-zero';
export default definePreset({ description: 'a test', ${fields} });`;

describe('layers of a command', () => {
  it('without anything, orz-tiny', async () => {
    const { preset, resolved } = await gatherConfig({}, temporaryFolder());
    expect([preset, resolved.config.model.type]).toEqual(['orz-tiny', 'arithmetic-base']);
  });

  it('flags win over the file, the file over its preset, and each value knows where it came from', async () => {
    const folder = folderWith({
      'orz.config.json': '{ "preset": "orz-7b", "iterations": 7, "seed": 8, "temperature": 0.9 }',
    });
    const {
      preset,
      resolved: { config, origins },
    } = await gatherConfig({ seed: '9', set: ['temperature=0.8', 'advantage.lambda=0.5'], runDir: 'here' }, folder);
    expect([
      preset,
      config.iterations,
      config.seed,
      config.temperature,
      config.advantage['lambda'],
      config.runDir,
    ]).toEqual(['orz-7b', 7, 9, 0.8, 0.5, 'here']);
    expect(
      ['iterations', 'seed', 'temperature', 'advantage.lambda', 'topP', 'runDir', 'shuffleRewards'].map((path) =>
        origins.get(path),
      ),
    ).toEqual([
      'orz.config.json',
      '--seed 9',
      '--set temperature=0.8',
      '--set advantage.lambda=0.5',
      'preset orz-base',
      '--run-dir here',
      'default',
    ]);
  });

  it('--preset wins over the preset of the file', async () => {
    expect(
      (await gatherConfig({ preset: ['orz-0.5b'] }, folderWith({ 'orz.config.json': '{ "preset": "orz-7b" }' })))
        .preset,
    ).toBe('orz-0.5b');
  });

  it('presets stack: an ablation changes what it is chosen with', async () => {
    const { preset, resolved } = await gatherConfig({ preset: ['orz-tiny', 'gae-lambda-0.95'] }, temporaryFolder());
    expect([preset, resolved.config.model.type, resolved.config.advantage]).toEqual([
      'orz-tiny+gae-lambda-0.95',
      'arithmetic-base',
      { type: 'gae', gamma: 1, lambda: 0.95 },
    ]);
    const file = folderWith({ 'orz.config.yaml': 'preset: [kl-loss, orz-tiny]' });
    const fromFile = await gatherConfig({}, file);
    expect([fromFile.preset, fromFile.resolved.config.kl.type, fromFile.resolved.config.data.type]).toEqual([
      'kl-loss+orz-tiny',
      'loss',
      'arithmetic',
    ]);
  });

  it('a preset of the user comes from a file, extends others, and brings its plugins', async () => {
    const folder = folderWith({ 'orz.config.json': '{ "preset": "./presets/mine.ts", "plugins": ["./other.ts"] }' });
    mkdirSync(join(folder, 'presets'));
    writeFileSync(join(folder, 'presets', 'loss.ts'), plugin('my-loss'));
    writeFileSync(join(folder, 'other.ts'), plugin('other').replace("'policyLoss', 'mine'", "'policyLoss', 'other'"));
    writeFileSync(
      join(folder, 'presets', 'short.ts'),
      userPreset(`name: 'short', changes: 'orz-tiny', values: { iterations: 3 }`),
    );
    writeFileSync(
      join(folder, 'presets', 'mine.ts'),
      userPreset(`name: 'mine', extends: './short.ts', values: { plugins: ['./loss.ts'], policyLoss: 'mine' }`),
    );
    const { preset, stack, plugins, resolved } = await gatherConfig({}, folder);
    expect([preset, stack.map(({ name }) => name)]).toEqual(['mine', ['orz-base', 'orz-tiny', 'short', 'mine']]);
    expect(plugins).toEqual([join(folder, 'presets', 'loss.ts'), join(folder, 'other.ts')]);
    expect([resolved.config.iterations, resolved.origins.get('iterations'), resolved.config.policyLoss.type]).toEqual([
      3,
      'preset short',
      'mine',
    ]);
  });

  it.each([
    ['is not there', undefined, 'ORZ_PRESET_UNKNOWN'],
    ['exports something else', 'export default 3;', 'ORZ_PRESET_INVALID'],
    ['cannot be executed', `throw new Error('on purpose');`, 'ORZ_PRESET_INVALID'],
    ['has an unknown key', userPreset(`name: 'x', values: {}, extend: 'orz-tiny'`), 'ORZ_PRESET_INVALID'],
    ['has the name of a built-in one', userPreset(`name: 'orz-tiny', values: {}`), 'ORZ_PRESET_INVALID'],
    ['has a name that leads elsewhere', userPreset(`name: '../x', values: {}`), 'ORZ_PRESET_INVALID'],
    [
      'extends and changes',
      userPreset(`name: 'x', extends: 'orz-7b', changes: 'orz-7b', values: {}`),
      'ORZ_PRESET_INVALID',
    ],
    ['extends what is not there', userPreset(`name: 'x', extends: './none.ts', values: {}`), 'ORZ_PRESET_UNKNOWN'],
    ['extends itself', userPreset(`name: 'x', extends: './p.ts', values: {}`), 'ORZ_PRESET_CYCLE'],
  ])('a preset file that %s is an error that names it', async (_, content, code) => {
    const folder = folderWith(content === undefined ? {} : { 'p.ts': content });
    await expect(gatherConfig({ preset: ['./p.ts'] }, folder)).rejects.toMatchObject({
      code,
      details: { remedy: expect.any(String), origin: expect.any(String) },
    });
  });

  it('configuration files can be ignored', async () => {
    const folder = folderWith({ 'orz.config.json': '{ "seed": 8 }' });
    expect((await gatherConfig({ config: false }, folder)).resolved.config.seed).toBe(42);
  });

  it('a plugin is found beside the file that lists it, not beside the user', async () => {
    const folder = folderWith({
      'orz.config.yaml': 'plugins: [./loss.ts]\npolicyLoss: { type: mine, scale: 3 }',
      'loss.ts': plugin('my-loss'),
      'package.json': '{}',
    });
    mkdirSync(join(folder, 'sub'));
    const { plugins, resolved } = await gatherConfig({}, join(folder, 'sub'));
    expect(plugins).toEqual([join(folder, 'loss.ts')]);
    expect(resolved.config.policyLoss).toEqual({ type: 'mine', scale: 3 });
  });

  it('a plugin given by a flag is relative to the current folder', async () => {
    const folder = folderWith({ 'loss.ts': plugin('my-loss') });
    const { resolved } = await gatherConfig({ set: ['plugins=["./loss.ts"]', 'policyLoss=mine'] }, folder);
    expect(resolved.config.policyLoss).toEqual({ type: 'mine', scale: 1 });
  });

  it.each([
    [{ preset: ['orz-tni'] }, 'ORZ_PRESET_UNKNOWN', '--preset', /orz-tiny/],
    [{ set: ['advantage.lamda=1'] }, 'ORZ_CONFIG_UNKNOWN_KEY', '--set advantage.lamda=1', /advantage\.lambda/],
    [{ set: ['backend=onxx'] }, 'ORZ_BACKEND_UNKNOWN', '--set backend=onxx', /onnx/],
    [{ set: ['reward=maths'] }, 'ORZ_PLUGIN_UNKNOWN', '--set reward=maths', /math/],
    [{ set: ['backend.provider=gpu'] }, 'ORZ_CONFIG_INVALID', '--set backend.provider=gpu', /webgpu/],
    [{ set: ['temperature=-1'] }, 'ORZ_CONFIG_INVALID', '--set temperature=-1', /above 0/],
    [{ set: ['seed'] }, 'ORZ_USAGE', '--set', /--set/],
    [{ seed: 'many' }, 'ORZ_CONFIG_INVALID', '--seed many', /integer/],
    [{ iterations: '0' }, 'ORZ_CONFIG_INVALID', '--iterations 0', /at least 1/],
    [{ set: ['plugins=["./none.ts"]'] }, 'ORZ_PLUGIN_LOAD', '--set plugins=["./none.ts"]', /path/],
    [{ set: ['plugins=3'] }, 'ORZ_CONFIG_INVALID', '--set plugins=3', /list/],
  ])('%j is %s from %s', async (flags, code, origin, hint) => {
    const error: unknown = await gatherConfig(flags, temporaryFolder()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, details: { origin, remedy: expect.any(String) } });
    expect(describeError(error).text).toMatch(hint);
  });

  it.each([
    ['a preset that is no text', '{ "preset": 3 }', 'ORZ_CONFIG_INVALID'],
    ['an empty list of presets', '{ "preset": [] }', 'ORZ_CONFIG_INVALID'],
    ['an unknown preset', '{ "preset": "none" }', 'ORZ_PRESET_UNKNOWN'],
    ['an unknown key', '{ "sede": 3 }', 'ORZ_CONFIG_UNKNOWN_KEY'],
  ])('%s in the file is an error that names the file', async (_, content, code) => {
    await expect(gatherConfig({}, folderWith({ 'orz.config.json': content }))).rejects.toMatchObject({
      code,
      details: { origin: 'orz.config.json' },
    });
  });

  it.each([
    ['that is no plugin', 'export default 3;', 'ORZ_PLUGIN_INVALID'],
    ['that throws', `throw new Error('on purpose');`, 'ORZ_PLUGIN_LOAD'],
    ['with the name of a built-in one', plugin('loss-ppo'), 'ORZ_PLUGIN_DUPLICATE'],
  ])('a plugin %s is %s', async (_, content, code) => {
    await expect(gatherConfig({ set: ['plugins=["./p.ts"]'] }, folderWith({ 'p.ts': content }))).rejects.toMatchObject({
      code,
      details: { remedy: expect.any(String) },
    });
  });
});
