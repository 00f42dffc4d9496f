import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../core/study/outcome.js';
import { defineStudy, studySchema } from '../../../core/study/study.js';
import { presetCatalog } from '../../../presets/index.js';
import { studyCatalog } from '../../../presets/studies/index.js';

const smallest = defineStudy({
  name: 'mine',
  title: 'Mine',
  question: 'Does it?',
  presets: ['orz-tiny'],
  arms: [{ name: 'as it is' }],
  seeds: [1],
  outcomes: [{ metric: 'reward', label: 'reward', at: 'last' }],
});

describe('a study', () => {
  it('needs no more than this, and has defaults for the rest', () => {
    expect(studySchema.parse(smallest)).toEqual({
      ...smallest,
      settings: {},
      arms: [{ name: 'as it is', presets: [], settings: {} }],
      plots: [],
    });
  });

  it.each([
    ['a name that is a path', { name: '../mine' }, 'name'],
    ['a name that is taken', { name: 'runs' }, 'name'],
    ['no arm', { arms: [] }, 'arms'],
    ['two arms of one name', { arms: [{ name: 'a' }, { name: 'a' }] }, 'arms'],
    ['no seed', { seeds: [] }, 'seeds'],
    ['a seed twice', { seeds: [1, 1] }, 'seeds'],
    ['a seed that is none', { seeds: [1.5] }, 'seeds.0'],
    ['settings with a seed', { settings: { seed: 1 } }, 'settings'],
    ['an arm with a folder', { arms: [{ name: 'a', settings: { runDir: 'x' } }] }, 'arms.0.settings'],
    ['an outcome at no moment', { outcomes: [{ ...smallest.outcomes[0], at: 'best' }] }, 'outcomes.0.at'],
    [
      'no iterations',
      { outcomes: [{ ...smallest.outcomes[0], at: { lastIterations: 0 } }] },
      'outcomes.0.at.lastIterations',
    ],
    ['an unknown key', { sedes: [1] }, ''],
  ])('is refused with %s', (_, change, path) => {
    const { error } = studySchema.safeParse({ ...smallest, ...change });
    expect(error!.issues.map((issue) => issue.path.join('.'))).toContainEqual(path);
  });
});

describe('every shipped study', () => {
  it.each([...studyCatalog])('%s is sound: listed by its name, of presets that exist', (name, stated) => {
    const study = studySchema.parse(stated);
    expect(study.name).toBe(name);
    const presets = [...study.presets, ...study.arms.flatMap((arm) => arm.presets)];
    expect(presets.filter((preset) => !presetCatalog.has(preset))).toEqual([]);
  });
});

describe('outcomeOf', () => {
  const curve = { iterations: [0, 1, 2, 3, 4], values: [0.1, null, 0.3, 0.5, null] };
  it.each([
    ['last', 0.5],
    ['first', 0.1],
    [{ lastIterations: 2 }, 0.5],
    [{ lastIterations: 3 }, 0.4],
    [{ lastIterations: 1 }, null],
    [{ lastIterations: 9 }, 0.3],
  ] as const)('%j', (at, expected) => {
    const found = outcomeOf(curve, at);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(expected, 12);
  });
  it('is null of a run without the metric', () => {
    expect(outcomeOf({ iterations: [1, 2], values: [] }, 'last')).toBeNull();
    expect(outcomeOf({ iterations: [], values: [] }, { lastIterations: 3 })).toBeNull();
  });
});
