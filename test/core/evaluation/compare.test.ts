import { describe, expect, it } from 'vitest';
import { compareEvaluations } from '../../../core/evaluation/compare.js';
import { evaluationResultsSchema } from '../../../core/evaluation/results.js';
import { fakeEvaluation, type FakeOptions } from '../../support/evaluations.js';

const named = (name: string, options: FakeOptions = {}) => ({
  name,
  results: evaluationResultsSchema.parse(fakeEvaluation({ model: name, ...options }).results),
});

describe('compareEvaluations', () => {
  it('gives the paired difference of every benchmark that both have, with a sentence', () => {
    const { benchmarks, unpaired } = compareEvaluations(named('A', { skill: 0.95 }), named('B', { skill: 0.3 }));
    const [only] = benchmarks;
    expect(only?.difference.mean).toBeCloseTo((only?.a.mean ?? 0) - (only?.b.mean ?? 0), 12);
    expect(only?.sentence).toMatch(/^A is better by \d+\.\d points, \d+\.\d to \d+\.\d\.$/);
    expect(only?.passAtK.map(({ k }) => k)).toEqual([1, 2, 4]);
    expect(only?.passAtK[0]?.mean).toBeCloseTo(only?.difference.mean ?? NaN, 12);
    expect([only?.settings, unpaired]).toEqual([[], []]);
  });

  it('names the settings that differ, and the benchmarks of one side', () => {
    const b = named('B', { samples: 2, temperature: 0 });
    const extra = { ...b, results: { ...b.results, benchmarks: [...b.results.benchmarks] } };
    extra.results.benchmarks.push(...named('B', { benchmark: 'more' }).results.benchmarks);
    const { benchmarks, unpaired } = compareEvaluations(named('A'), extra);
    expect(benchmarks[0]?.settings).toEqual([
      { setting: 'samples', a: '4', b: '2' },
      { setting: 'temperature', a: '1', b: '0' },
    ]);
    expect(benchmarks[0]?.passAtK.map(({ k }) => k)).toEqual([1, 2]);
    expect(unpaired).toEqual(['more']);
  });

  it('does not take the order of keys for a difference', () => {
    const [a, b] = [named('A'), named('B')];
    a.results.model.prompt = { type: 'chat', system: 'x' };
    b.results.model.prompt = { system: 'x', type: 'chat' };
    expect(compareEvaluations(a, b).benchmarks[0]?.settings).toEqual([]);
  });

  it('has no pass@k where rewards are partial', () => {
    const a = named('A');
    a.results.benchmarks[0]?.questions[0]?.rewards.splice(0, 1, 0.5);
    expect(compareEvaluations(a, named('B')).benchmarks[0]?.passAtK).toEqual([]);
  });

  it.each([
    ['another benchmark', { benchmark: 'other' }, 'no benchmark in common'],
    ['other questions', { questions: 19 }, 'different questions of sums'],
  ])('refuses %s', (_, options, message) => {
    expect(() => compareEvaluations(named('A'), named('B', options))).toThrow(
      expect.objectContaining({ code: 'ORZ_USAGE', message: expect.stringContaining(message) as string }),
    );
  });

  it('says which question differs first', () => {
    const b = named('B');
    const [result] = b.results.benchmarks;
    if (result !== undefined) result.questionsHash = 'other';
    expect(() => compareEvaluations(named('A'), b)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ value: 'questions hash other' }) as object }),
    );
    result?.questions.splice(3, 1, { id: 'other/3', rewards: [0] });
    expect(() => compareEvaluations(named('A'), b)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ value: 'question 3: other/3' }) as object }),
    );
  });
});
