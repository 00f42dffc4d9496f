import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../core/contracts/data.js';
import { answerKey } from '../../../core/evaluation/answer-key.js';
import { statisticsSchema } from '../../../core/evaluation/results.js';
import { answerClasses, type GradedResponse, ksUpTo, summarise } from '../../../core/evaluation/summarise.js';

function response(verdict: Verdict, answer?: string, tokens: number | null = 10): GradedResponse {
  return { reward: verdict === 'correct' ? 1 : 0, verdict, answer, truncated: verdict === 'truncated', tokens };
}

const right = response('correct', '4', 20);
const wrong = response('wrong', '5', 30);

describe('summarise', () => {
  it('gives means over questions, then what the schema asks for', () => {
    const statistics = summarise([
      [right, right, wrong, response('no-answer', undefined, 40)],
      [wrong, wrong, wrong, response('truncated', undefined, 50)],
    ]);
    expect(statisticsSchema.parse(statistics)).toEqual(statistics);
    expect(statistics.mean.mean).toBe(0.25);
    expect(statistics.passAtK.map(({ k }) => k)).toEqual([1, 2, 4]);
    expect(statistics.passAtK.map(({ mean }) => mean)[1]).toBeCloseTo(5 / 12, 12);
    expect(statistics.passAtK.at(-1)?.mean).toBe(0.5);
    expect(statistics.majorityAtK.map(({ mean }) => mean)[0]).toBeCloseTo(0.25, 12);
    expect(statistics.majorityAtK.at(-1)?.mean).toBe(0.5);
    expect([statistics.noAnswer.mean, statistics.truncated?.mean]).toEqual([0.125, 0.125]);
    expect([statistics.lengthRight?.mean, statistics.lengthWrong?.mean]).toEqual([20, (4 * 30 + 40 + 50) / 6]);
    expect(statistics.wellFormed).toBeNull();
  });

  it('counts form where the template has one', () => {
    const formed = (wellFormed: boolean) => ({ ...right, wellFormed });
    expect(summarise([[formed(true)], [formed(false)]]).wellFormed?.mean).toBe(0.5);
    expect(summarise([[formed(true)], [right]]).wellFormed).toBeNull();
  });

  it('takes k up to the smallest number of samples', () => {
    expect([ksUpTo(1), ksUpTo(6), ksUpTo(16)]).toEqual([[1], [1, 2, 4, 6], [1, 2, 4, 8, 16]]);
    const { passAtK, mean } = summarise([
      [right, wrong, wrong],
      [right, right],
    ]);
    expect(passAtK.map(({ k }) => k)).toEqual([1, 2]);
    expect(mean.mean).toBeCloseTo(2 / 3, 12);
  });

  it('has no lengths where a server gives none, and no right ones without a right response', () => {
    expect(summarise([[response('correct', '4', null)]]).lengthRight).toBeNull();
    expect(summarise([[wrong]])).toMatchObject({ lengthRight: null, lengthWrong: { mean: 30, interval: null } });
  });

  it('takes rewards outside of 0 to 1', () => {
    const punished = { ...wrong, reward: -1 };
    expect(summarise([[punished], [right], [punished]]).mean.mean).toBeCloseTo(-1 / 3, 12);
  });

  it('refuses questions without responses', () => {
    for (const questions of [[], [[]], [[right], []]])
      expect(() => summarise(questions)).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  });
});

describe('answer classes', () => {
  it('puts right responses together, and wrong ones whose answers read the same', () => {
    const responses = [
      response('correct', '0.5'),
      response('correct', '\\frac12'),
      response('correct'),
      response('wrong', '1,000'),
      response('wrong', ' $1000.0$ '),
      response('wrong', '7'),
      response('wrong', ' '),
      response('no-answer'),
    ];
    expect(answerClasses(responses)).toEqual([
      { count: 3, right: true },
      { count: 1, right: false },
      { count: 2, right: false },
    ]);
  });

  it.each([
    ['0.50', '\\dfrac{1}{2}', '1/2', '.5', '2/4', '$\\frac12$'],
    ['-3', '-3.0', '- 3', '-6/2'],
    ['1,234', '1234', '1{,}234', '1\\,234.'],
    ['x + 1', 'x+1', '\\left x+1 \\right', 'X + 1'],
    ['\\text{B}', 'b', 'Ｂ'],
  ])('%s reads like %s', (...answers) => {
    expect(new Set(answers.map(answerKey)).size).toBe(1);
  });

  it.each([
    ['1/0', '0/1', '-1/2', '1/2', '1,23', '123', 'x', '-x', '9'.repeat(50), '9'.repeat(51), '.', '', '+', '\u0000'],
  ])('tells others apart', (...answers) => {
    // An empty text and a lone full stop are the same: nothing.
    expect(new Set(answers.map(answerKey)).size).toBe(answers.length - 1);
  });
});
