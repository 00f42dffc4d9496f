import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import { loadStudy } from '../../../cli/study/load-study.js';
import { samplesOf } from '../../docs/pages.js';
import { useFolder } from '../commands/in-folder.js';
import { smallStudy, writeStudy } from './small-study.js';

const test = useFolder();

describe('loadStudy', () => {
  it('finds shipped studies by name, and those of the user by path', async () => {
    expect((await loadStudy('gae-lambda', test.folder)).study.arms.length).toBe(3);
    const { study, folder } = await loadStudy(writeStudy(test.folder), test.folder);
    expect(study).toMatchObject({ name: 'small', seeds: [1, 2], arms: [{ settings: {} }, { presets: [] }] });
    expect(folder).toBe(test.folder);
  });

  it('takes the sample of the documentation', async () => {
    const [sample] = samplesOf('docs/studies.md');
    writeFileSync(join(test.folder, sample!.file), sample!.text);
    expect((await loadStudy(`./${sample!.file}`, test.folder)).study.arms.map(({ name }) => name)).toEqual([
      '32 × 16',
      '16 × 32',
    ]);
  });

  const written = (content: string): string => {
    writeFileSync(join(test.folder, 'bad.ts'), content);
    return './bad.ts';
  };
  const changed = (change: object): string => written(`export default ${JSON.stringify({ ...smallStudy, ...change })}`);

  it.each([
    ['a name that is misspelt', () => 'gae-lamda', 'ORZ_USAGE', 'Did you mean: orz-train study gae-lambda'],
    ['another name', () => 'none', 'ORZ_USAGE', 'List them: orz-train study'],
    ['no such file', () => './none.ts', 'ORZ_CONFIG_FILE', 'path'],
    ['code that throws', () => written('throw new Error("no")'), 'ORZ_CONFIG_FILE', 'Correct the module'],
    ['no default export', () => written('export const study = {}'), 'ORZ_CONFIG_INVALID', 'defineStudy'],
    ['a function', () => written('export default () => 1'), 'ORZ_CONFIG_INVALID', 'plain data'],
    ['no arm', () => changed({ arms: [] }), 'ORZ_CONFIG_INVALID', 'docs/studies.md'],
    ['an unknown key', () => changed({ sedes: [1] }), 'ORZ_CONFIG_INVALID', `Did you mean 'seeds'?`],
    [
      'an unknown key of an arm',
      () => changed({ arms: [{ name: 'a', setings: {} }] }),
      'ORZ_CONFIG_INVALID',
      `Did you mean 'settings'?`,
    ],
  ])('refuses %s', async (_, file, code, remedy) => {
    await expect(loadStudy(file(), test.folder)).rejects.toMatchObject({
      code,
      details: { remedy: expect.stringContaining(remedy) },
    });
  });

  it('tells everything that is wrong at once', async () => {
    const wrong = changed({ arms: [], seeds: [1, 1], outcomes: [] });
    const error: unknown = await loadStudy(wrong, test.folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ORZ_CONFIG_INVALID', details: { further: [{}, {}] } });
  });
});

describe('orz-train study', () => {
  it('alone lists what is shipped', async () => {
    expect(await main(['study'])).toBe(0);
    expect(test.printed.out).toMatch(/gae-lambda {2}λ of .*\n {2}Does .*\n {2}3 arms × 5 seeds: λ = 1; λ = 0.99/);
  });

  it.each([
    [['--seeds', '1,x'], 'ORZ_USAGE', '--seeds'],
    [['--seeds', '1,1'], 'ORZ_USAGE', '--seeds'],
    [['--jobs', '0'], 'ORZ_USAGE', '--jobs'],
    [['--set', 'seed=3'], 'ORZ_USAGE', '--seeds'],
    [['--set', 'advantag.lambda=1'], 'ORZ_CONFIG_UNKNOWN_KEY', 'advantage'],
  ])('refuses %j', async (flags, code, remedy) => {
    expect(await main(['study', 'gae-lambda', ...flags])).toBe(2);
    expect(test.printed.err).toMatch(new RegExp(`^${code} `));
    expect(test.printed.err).toContain(remedy);
  });

  it('names the arm whose setting is wrong', async () => {
    const arms = [{ name: 'odd', settings: { temperature: 9 } }];
    expect(await main(['study', writeStudy(test.folder, { arms }), '--plan'])).toBe(2);
    expect(test.printed.err).toContain('study small, arm odd');
  });
});
