import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findConfigFile, nameConfigFile, readConfigFile } from '../../../cli/config/find-config.js';
import { temporaryFolder } from '../temporary-folder.js';

function folderWith(files: Record<string, string | Buffer>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

describe('configuration file', () => {
  it.each([
    ['orz.config.ts', `const n: number = 3; export default { iterations: n };`],
    ['orz.config.mts', `export default { iterations: 3 } as { iterations: number };`],
    ['orz.config.js', `export default { iterations: 3 };`],
    ['orz.config.mjs', `export default { iterations: 3 };`],
    ['orz.config.json', `{ "iterations": 3 }`],
    ['orz.config.cts', `export default { iterations: 3 } as { iterations: number };`],
    ['orz.config.cts', `const n: number = 3; module.exports = { iterations: n };`],
    ['orz.config.cts', `const config: object = { iterations: 3 }; export = config;`],
    ['orz.config.cjs', `module.exports = { iterations: 3 };`],
    ['orz.config.yaml', `iterations: 3`],
    ['orz.config.yml', `iterations: 3`],
    ['.orzrc', `iterations: 3`],
    ['.orzrc.json', `{ "iterations": 3 }`],
    ['.orzrc.ts', `export default { iterations: 3 } as { iterations: number };`],
    ['package.json', `{ "name": "x", "orz": { "iterations": 3 } }`],
  ])('%s is found and read', async (name, content) => {
    const folder = folderWith({ [name]: content });
    expect(await findConfigFile(folder)).toEqual({ label: name, folder, values: { iterations: 3 } });
  });

  it.each(['orz.config.ts', 'orz.config.js', 'orz.config.json', 'orz.config.yaml', 'other.yml', 'package.json'])(
    '%s may begin with a byte order mark, and is refused by name in UTF-16',
    async (name) => {
      const settings = name.endsWith('yaml') || name.endsWith('yml') ? 'iterations: 3' : '{ "iterations": 3 }';
      const content = name === 'package.json' ? `{ "orz": ${settings} }` : settings;
      const text = /\.[jt]s$/.test(name) ? `export default ${content};` : content;
      const marked = folderWith({ [name]: `\ufeff${text}` });
      expect((await readConfigFile(marked, name)).values).toEqual({ iterations: 3 });
      for (const mark of ['\ufeff', '']) {
        const bytes = Buffer.from(`${mark}${text}`, 'utf16le');
        for (const file of [bytes, Buffer.from(bytes).swap16()])
          await expect(readConfigFile(folderWith({ [name]: file }), name)).rejects.toMatchObject({
            code: 'ORZ_CONFIG_FILE',
            message: 'The configuration file is UTF-16',
          });
      }
    },
  );

  it('in UTF-16 is refused by name where it is searched for', async () => {
    const folder = folderWith({ 'orz.config.json': Buffer.from('\ufeff{}', 'utf16le') });
    await expect(findConfigFile(folder)).rejects.toMatchObject({ message: 'The configuration file is UTF-16' });
  });

  it('is searched upwards to the package.json of the project', async () => {
    const folder = folderWith({ 'orz.config.json': '{ "seed": 1 }', 'package.json': '{}' });
    mkdirSync(join(folder, 'sub'));
    expect(await findConfigFile(join(folder, 'sub'))).toMatchObject({ label: join('..', 'orz.config.json'), folder });
  });

  it('is not needed', async () => {
    expect(await findConfigFile(folderWith({ 'package.json': '{ "name": "x" }' }))).toBeUndefined();
  });

  it('is not what has its name by chance: a folder, or a link that leads nowhere', async () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'orz.config.ts'));
    mkdirSync(join(folder, 'package.json'));
    symlinkSync('orz.config.js', join(folder, 'orz.config.js'));
    expect(await findConfigFile(folder)).toBeUndefined();
    for (const content of ['null', '[]', '5'])
      expect(await findConfigFile(folderWith({ 'package.json': content }))).toBe(undefined);
  });

  it.each([
    [
      'a cycle',
      'const loop: any = {}; loop.model = loop; export default { reward: loop }',
      /model\.model.* without end/,
    ],
    ['a big integer', 'export default { iterations: 10n }', /^Setting 'iterations' is of type bigint/],
    ['a date', 'export default { metrics: [{ type: new Date() }] }', /^Setting 'metrics\.0\.type' is of type Date/],
    ['a function', 'export default () => ({ iterations: 3 })', /^The configuration is of type function/],
    ['a getter that throws', 'export default { get seed() { throw Error("no") } }', /code that throws: Error: no/],
  ])('with %s is ORZ_CONFIG_INVALID naming where it is', async (_, content, message) => {
    const folder = folderWith({ 'orz.config.ts': content });
    await expect(findConfigFile(folder)).rejects.toMatchObject({
      code: 'ORZ_CONFIG_INVALID',
      message: expect.stringMatching(message),
      details: { origin: 'orz.config.ts' },
    });
  });

  it('whose YAML stands for more than memory holds is refused at once', async () => {
    const lines = Array.from({ length: 9 }, (_, i) => `k${i}: &k${i} [${i === 0 ? 'x' : `*k${i - 1},`.repeat(9)}]`);
    const folder = folderWith({ 'orz.config.yml': lines.join('\n') });
    await expect(findConfigFile(folder)).rejects.toMatchObject({ message: expect.stringMatching(/1,000,000 values/) });
  });

  it('can be named, and then has any name', async () => {
    const folder = folderWith({ 'mine.json': '{ "seed": 2 }', 'orz.config.json': '{ "seed": 1 }' });
    expect((await readConfigFile(folder, 'mine.json')).values).toEqual({ seed: 2 });
  });

  it.each(['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'])('in .%s can be named without being executed', (ending) => {
    const folder = folderWith({ [`orz.config.${ending}`]: "globalThis.executed = true; throw new Error('executed')" });
    mkdirSync(join(folder, 'sub'));
    expect(nameConfigFile(join(folder, 'sub'))).toBe(join('..', `orz.config.${ending}`));
    expect('executed' in globalThis).toBe(false);
  });

  it('that is not there, or not alone, has no name', () => {
    expect(nameConfigFile(folderWith({ 'package.json': '{ "name": "x" }' }))).toBeUndefined();
    expect(nameConfigFile(folderWith({ 'orz.config.json': '{}', 'orz.config.yaml': '' }))).toBeUndefined();
  });

  it('in TypeScript may import from the package that runs it, where none is installed', async () => {
    const folder = folderWith({
      'orz.config.ts': `import { isOrzError } from 'open-reasoner-zero';
        export default { seed: typeof isOrzError === 'function' ? 5 : 0 };`,
    });
    expect((await findConfigFile(folder))?.values).toEqual({ seed: 5 });
  });

  it.each([
    ['a missing file', {}, 'none.ts', /no configuration file none\.ts/],
    ['broken TypeScript', { 'orz.config.ts': 'export default {' }, undefined, /cannot be executed/],
    [
      'broken JSON',
      { 'orz.config.json': '{ "a": 1,\n  "b" 2}' },
      undefined,
      /not JSON, at line 2, column 7: unexpected "2"/,
    ],
    ['JSON with NaN', { 'orz.config.json': '{ "seed": NaN }' }, undefined, /not JSON: .*NaN/],
    [
      'broken YAML',
      { 'orz.config.yml': 'a: 1\na: 2' },
      undefined,
      /not YAML, at line 2, column 1: duplicated mapping key/,
    ],
    ['a broken package.json', { 'package.json': '{ "name": "x",' }, undefined, /not JSON, at line 1, column 15/],
    ['a package.json in UTF-16', { 'package.json': Buffer.from('\ufeff{}', 'utf16le') }, undefined, /is UTF-16/],
    ['code that throws', { 'orz.config.js': `throw new Error('on purpose');` }, undefined, /cannot be executed/],
    ['code that throws nothing', { 'orz.config.js': `throw null;` }, undefined, /cannot be executed/],
    ['null', { 'orz.config.json': 'null' }, undefined, /does not hold a configuration/],
    ['null as default export', { 'orz.config.ts': 'export default null' }, undefined, /does not hold a configuration/],
    ['a list', { 'orz.config.json': '[1]' }, undefined, /does not hold a configuration/],
    ['no default export', { 'orz.config.ts': 'export const seed = 1;' }, undefined, /does not hold a configuration/],
    ['TOML', { 'orz.config.toml': 'seed = 1' }, undefined, /orz\.config\.toml is in a format that is not read/],
    ['JSON5', { 'orz.config.json5': '{ seed: 1 }' }, undefined, /orz\.config\.json5 is in a format that is not read/],
    ['a TOML .orzrc', { '.orzrc.toml': 'seed = 1' }, undefined, /\.orzrc\.toml is in a format that is not read/],
    ['two names', { 'orz.config.yml': 'seed: 1', '.orzrc': 'seed: 2' }, undefined, /several/],
    ['two files', { 'orz.config.ts': 'export default {}', 'orz.config.yml': 'seed: 1' }, undefined, /several/],
    ['TOML beside a file', { 'orz.config.json': '{}', 'orz.config.toml': 'seed = 1' }, undefined, /several/],
    [
      'a file beside the key',
      { 'orz.config.json': '{}', 'package.json': '{ "orz": { "seed": 1 } }' },
      undefined,
      /several/,
    ],
    ['an empty file', { 'orz.config.yaml': '' }, undefined, /does not hold a configuration/],
    ['a type of file nobody can read', { 'mine.txt': 'x' }, 'mine.txt', /in a format that is not read/],
  ])('%s is ORZ_CONFIG_FILE with a remedy', async (_, files, named, message) => {
    const folder = folderWith(files);
    const found = named === undefined ? findConfigFile(folder) : readConfigFile(folder, named);
    await expect(found).rejects.toMatchObject({
      code: 'ORZ_CONFIG_FILE',
      message: expect.stringMatching(message),
      details: { remedy: expect.any(String), origin: expect.any(String) },
    });
  });
});
