import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineConfig, definePreset } from '../../cli/index.js';
import { builtinPlugins } from '../../cli/builtin-plugins.js';
import { without } from '../../core/plugin/without.js';
import { compile } from '../support/compile.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

const plugin = `
import { definePlugin, provide, z } from 'open-reasoner-zero';
const plugin = definePlugin({ name: 'brevity', provides: [provide('template', 'brief', {
  description: 'a test', settings: z.strictObject({ perToken: z.number().default(0.1).describe('a number') }),
  create: () => ({ name: 'brief', render: ({ prompt }) => prompt, stop: [] }),
})] });
export default plugin;
declare module 'open-reasoner-zero' {
  interface PluginTypes { brevity: typeof plugin }
}`;

const config = (body: string): string => `import { defineConfig } from 'open-reasoner-zero';
import type {} from './brevity.js';
export default defineConfig(${body});`;

/** Configurations by name: what is right. */
const right: Readonly<Record<string, string>> = {
  settings: `{ preset: 'orz-tiny', seed: 3, advantage: { lambda: 0.95 }, evaluation: { every: 3 } }`,
  'types with settings': `{ preset: ['orz-tiny', './mine.ts'], backend: { type: 'onnx', provider: 'cpu' } }`,
  sinks: `{ metrics: ['jsonl', { type: 'tensorboard' }] }`,
  'a set left out': `{ data: { type: 'files', evaluation: { math500: null } } }`,
  'a plugin of the user': `{ plugins: ['./brevity.ts'], template: { type: 'brief', perToken: 0.2 } }`,
};

/** Configurations by name: what is wrong, and what the compiler says. */
const wrong: Readonly<Record<string, readonly [body: string, message: RegExp]>> = {
  'a key at the top': [`{ sede: 3 }`, /'sede' does not exist in type 'OrzConfig'/],
  'a setting of the type below': [`{ advantage: { lamda: 0.95 } }`, /'lamda' does not exist[^]*lambda/],
  'a setting of a type': [
    `{ advantage: { type: 'gae', lamda: 0.95 } }`,
    /'lamda' does not exist in type '\{[^}]*gamma\?[^}]*lambda\?/,
  ],
  'a setting of another type': [`{ advantage: { type: 'group', lambda: 1 } }`, /'lambda' does not exist in type/],
  'a type': [`{ backend: 'onxx' }`, /"onxx"' is not assignable/],
  'a nested key': [`{ evaluation: { evry: 3 } }`, /'evry' does not exist/],
  'a value': [`{ advantage: { lambda: '1' } }`, /'string' is not assignable to type '[^']*number/],
  'a sink': [`{ metrics: [{ type: 'jsonl', fil: 'x' }] }`, /'fil' does not exist/],
  'a setting of a plugin of the user': [
    `{ template: { type: 'brief', perTokn: 0.2 } }`,
    /'perTokn' does not exist in type '\{[^}]*perToken\?/,
  ],
};

describe('defineConfig', () => {
  const fileOf = (name: string): string => join(folder, `${name.replaceAll(' ', '-')}.ts`);
  let found: Map<string, string[]>;
  beforeAll(() => {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'brevity.ts'), plugin);
    const bodies = { ...right, ...Object.fromEntries(Object.entries(wrong).map(([name, [body]]) => [name, body])) };
    for (const [name, body] of Object.entries(bodies)) writeFileSync(fileOf(name), config(body));
    found = compile([...Object.keys(bodies).map(fileOf), join(folder, 'brevity.ts')]);
  }, 120_000);

  it.each(Object.keys(right))('compiles %s', (name) => {
    expect(found.get(fileOf(name))).toEqual([]);
    expect(found.get(join(folder, 'brevity.ts'))).toEqual([]);
  });

  it.each(Object.entries(wrong))('refuses %s with what is allowed', (name, [, message]) => {
    expect(found.get(fileOf(name))).toEqual([expect.stringMatching(message)]);
  });

  it('and definePreset return what they are given', () => {
    const settings = { preset: 'orz-tiny', advantage: { lambda: 0.95 } } as const;
    expect(defineConfig(settings)).toBe(settings);
    const preset = { name: 'x', description: '', values: { advantage: { lambda: 0.95 } } } as const;
    expect(definePreset(preset)).toBe(preset);
  });
});

it('the compiler knows every built-in plugin', () => {
  const source = readFileSync(new URL('../../cli/define-config.ts', import.meta.url), 'utf8');
  const known = [...source.matchAll(/^ {2}'?([\w-]+)'?: typeof import/gm)].map(([, name]) => name);
  expect(known.toSorted()).toEqual([...builtinPlugins.map(({ name }) => name), without.name].toSorted());
});
