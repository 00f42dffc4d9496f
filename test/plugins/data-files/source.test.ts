import { describe, expect, it } from 'vitest';
import type { ProblemList } from '../../../core/contracts/problems.js';
import plugin from '../../../plugins/data-files/plugin.js';
import { createFileProblems } from '../../../plugins/data-files/source.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { fileDataSettings } from '../../../plugins/data-files/settings.js';
import { errorOf, recordingEvents, useFolder } from './files.js';

const folder = useFolder();
const records = (...pairs: readonly (readonly [problem: string, answer: string])[]) =>
  JSON.stringify(pairs.map(([problem, answer]) => ({ problem, answer })));
const all = (list: ProblemList) => Array.from({ length: list.length }, (_, i) => list.at(i));

const open = async (train: readonly string[], evaluation: Readonly<Record<string, string>> = {}) => {
  return {
    set: await createFileProblems(
      fileDataSettings.parse({ train, evaluation }),
      createNodePlatform('.'),
      recordingEvents().events,
    ).open(),
  };
};

describe('files', () => {
  it('gives each problem an id of its file and record that does not depend on other files', async () => {
    const [a, b] = [
      folder.write('a.json', records(['1', '1'], ['2', '2'])),
      folder.write('b.json', records(['3', '3'], ['1', '1'], ['4', '4'])),
    ];
    const { set } = await open([a, b], { math: folder.write('held.json', records(['9', '9'])) });
    expect(all(set.train)).toEqual([
      { id: `${a}#1`, prompt: '1', answer: '1' },
      { id: `${a}#2`, prompt: '2', answer: '2' },
      { id: `${b}#1`, prompt: '3', answer: '3' },
      { id: `${b}#2`, prompt: '1', answer: '1' },
      { id: `${b}#3`, prompt: '4', answer: '4' },
    ]);
    expect(all((await open([b, a])).set.train).find(({ prompt }) => prompt === '4')?.id).toBe(`${b}#3`);
    expect(all(set.evaluation['math']!)).toEqual([{ id: 'math#1', prompt: '9', answer: '9' }]);
  });

  it('names every missing file and the setting it comes from', async () => {
    const { code, details } = await errorOf(
      open([folder.path('a.json'), folder.write('b.json', records(['1', '1']))], {
        math: folder.path('c.json'),
        folder: folder.path('.'),
      }),
    );
    expect([code, details.value, details.origin]).toEqual([
      'ORZ_DATA_MISSING',
      [folder.path('a.json'), folder.path('c.json'), folder.path('.')],
      'data.train.0, data.evaluation.math, data.evaluation.folder',
    ]);
    expect(details.remedy).toContain('--set data.evaluation.math=null --set data.evaluation.folder=null');
  });

  it('does not speak of held-out sets where only training files are missing', async () => {
    const { details } = await errorOf(open([folder.path('a.json')]));
    expect(details.remedy).toMatch(/^Give paths relative to the current folder/);
  });

  it('names file and record of a malformed entry, in training and in held-out files', async () => {
    const [good, bad] = [
      folder.write('good.json', records(['1', '1'])),
      folder.write('bad.jsonl', '{"problem": "1", "answer": "1"}\n{"problem": "2"}\n'),
    ];
    for (const work of [() => open([good, bad]), () => open([good], { bad })]) {
      const { code, details } = await errorOf(work());
      expect([code, details.origin]).toEqual(['ORZ_DATA_MALFORMED', `${bad}, record 2`]);
    }
  });

  it('has no problem outside its range', async () => {
    const { set } = await open([folder.write('a.json', records(['1', '1']))]);
    for (const index of [-1, 1, 0.5]) expect(() => set.train.at(index)).toThrow('outside an array of 1');
  });
});

describe('the plugin data-files', () => {
  it('accepts the files of the presets and no setting it does not know', () => {
    const { settings, slot, type } = plugin.provides[0];
    expect([slot, type]).toEqual(['data', 'files']);
    expect(settings.safeParse({ train: ['a'], evaluation: { math500: 'b' } }).success).toBe(true);
    for (const wrong of [
      { train: [], evaluation: {} },
      { train: ['a'], evaluation: {}, filter: 1 },
      { train: 'a', evaluation: {} },
    ]) {
      expect(settings.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});
