import { describe, expect, it } from 'vitest';
import { armsOf } from '../../../../cli/dashboard/shared/arms.js';

const run = (name: string, settings: Readonly<Record<string, string>>) => ({
  name,
  differing: Object.entries(settings),
});

describe('the arms of several runs', () => {
  it('are runs that differ in the seed alone, named by what differs among arms, in the order they come', () => {
    const arms = armsOf([
      run('a', { seed: '1', 'advantage.lambda': '1', topK: 'not set' }),
      run('b', { seed: '1', 'advantage.lambda': '0.5', topK: 'not set' }),
      run('c', { seed: '2', 'advantage.lambda': '1', topK: 'not set' }),
      run('d', { seed: '2', 'advantage.lambda': '0.5', topK: '5' }),
    ]);
    expect(arms.map(({ name, seeds, runs }) => [name, seeds, runs])).toEqual([
      ['advantage.lambda 1, topK not set', ['1', '2'], [0, 2]],
      ['advantage.lambda 0.5, topK not set', ['1'], [1]],
      ['advantage.lambda 0.5, topK 5', ['2'], [3]],
    ]);
    expect(arms[0]!.differing).toEqual([
      ['advantage.lambda', '1'],
      ['topK', 'not set'],
    ]);
  });

  it('are one if nothing but the seed differs, and bear the name of its runs', () => {
    expect(armsOf(['1', '2', '3'].map((seed) => run(`run-${seed}`, { seed })))).toEqual([
      { name: 'run-1 and 2 more', differing: [], seeds: ['1', '2', '3'], runs: [0, 1, 2] },
    ]);
  });

  it('take no seed twice: the same experiment again says nothing about chance', () => {
    const same = [run('a', { seed: '1' }), run('b', { seed: '2' }), run('again', { seed: '1' })];
    expect(armsOf(same).map(({ name, runs }) => [name, runs])).toEqual([
      ['a and 1 more', [0, 1]],
      ['again', [2]],
    ]);
    expect(armsOf([run('a', {}), run('b', {})]).map(({ runs }) => runs)).toEqual([[0], [1]]);
    expect(armsOf([{ name: 'single' }])).toMatchObject([{ name: 'single', runs: [0] }]);
  });
});
