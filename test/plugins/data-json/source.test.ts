import { describe, expect, it } from 'vitest';
import type { ProblemList } from '../../../core/contracts/problems.js';
import plugin from '../../../plugins/data-json/plugin.js';
import { createJsonProblems } from '../../../plugins/data-json/source.js';
import { errorOf, recordingEvents, useFolder } from './files.js';

const folder = useFolder();
const records = (...pairs: readonly (readonly [problem: string, answer: string])[]) => JSON.stringify(pairs.map(([problem, answer]) => ({ problem, answer })));
const all = (list: ProblemList) => Array.from({ length: list.length }, (_, i) => list.at(i));

const open = async (train: readonly string[], evaluation: Readonly<Record<string, string>> = {}) => {
  const { events, log } = recordingEvents();
  return { set: await createJsonProblems({ train: [...train], evaluation }, events).open(), log };
};

describe('orz-json', () => {
  it('gives each problem an id of its file and record that does not depend on other files', async () => {
    const [a, b] = [folder.write('a.json', records(['1', '1'], ['2', '2'])), folder.write('b.json', records(['3', '3'], ['1', '1'], ['4', '4']))];
    const { set } = await open([a, b], { math: folder.write('held.json', records(['9', '9'])) });
    expect(all(set.train)).toEqual([
      { id: `${a}#1`, prompt: '1', answer: '1' }, { id: `${a}#2`, prompt: '2', answer: '2' },
      { id: `${b}#1`, prompt: '3', answer: '3' }, { id: `${b}#3`, prompt: '4', answer: '4' },
    ]);
    expect(all((await open([b, a])).set.train).find(({ prompt }) => prompt === '4')?.id).toBe(`${b}#3`);
    expect(all(set.evaluation['math']!)).toEqual([{ id: 'math#1', prompt: '9', answer: '9' }]);
  });

  it('leaves repeated and held-out problems out of training, compared without regard to white space, and counts them', async () => {
    const train = folder.write('train.json', records(['x +  1', '1'], ['y', '2'], [' x\n+ 1', '1'], ['x + 1', '7'], ['e\u0301', '3'], ['X + 1', '1']));
    const held = folder.write('held.json', records(['\u00e9', '3'], ['z', '1'], ['z', '1']));
    const { set, log } = await open([train], { held });
    expect(all(set.train).map(({ prompt }) => prompt)).toEqual(['x +  1', 'y', 'X + 1']);
    expect(set.evaluation['held']!.length).toBe(3);
    expect(log).toEqual([
      'info: Problems: 3 to train on, held out: held 3; left out of training: 2 repeated, 1 held out',
      'warn: 1 of the repeated training problems have another answer than their first occurrence, which is kept',
    ]);
  });

  it('says so when nothing is held out', async () => {
    expect((await open([folder.write('train.json', records(['1', '1']))])).log).toEqual(['info: Problems: 1 to train on, held out: none; left out of training: 0 repeated, 0 held out']);
  });

  it('names every missing file and the setting it comes from', async () => {
    const { code, details } = await errorOf(open([folder.path('a.json'), folder.write('b.json', records(['1', '1']))], { math: folder.path('c.json'), folder: folder.path('.') }));
    expect([code, details.value, details.origin]).toEqual(['ORZ_DATA_MISSING', [folder.path('a.json'), folder.path('c.json'), folder.path('.')], 'data.train, data.evaluation.math, data.evaluation.folder']);
  });

  it('refuses a data set of which every problem is held out', async () => {
    const path = folder.write('a.json', records(['1', '1']));
    expect((await errorOf(open([path], { same: path }))).code).toBe('ORZ_DATA_EMPTY');
  });

  it('names file and record of a malformed entry, in training and in held-out files', async () => {
    const [good, bad] = [folder.write('good.json', records(['1', '1'])), folder.write('bad.jsonl', '{"problem": "1", "answer": "1"}\n{"problem": "2"}\n')];
    for (const work of [() => open([good, bad]), () => open([good], { bad })]) {
      const { code, details } = await errorOf(work());
      expect([code, details.origin]).toEqual(['ORZ_DATA_MALFORMED', `${bad}, record 2`]);
    }
  });

  it('has no problem outside its range', async () => {
    const { set } = await open([folder.write('a.json', records(['1', '1']))]);
    for (const index of [-1, 1, 0.5]) expect(() => set.train.at(index)).toThrow('No problem has this index');
  });
});

describe('the plugin data-json', () => {
  it('accepts the files of the presets and no setting it does not know', () => {
    const { settings, slot, type } = plugin.provides[0]!;
    expect([slot, type]).toEqual(['data', 'orz-json']);
    expect(settings.safeParse({ train: ['a'], evaluation: { math500: 'b' } }).success).toBe(true);
    for (const wrong of [{ train: [], evaluation: {} }, { train: ['a'] }, { train: ['a'], evaluation: {}, filter: 1 }, { train: 'a', evaluation: {} }]) {
      expect(settings.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});
