import { describe, expect, it } from 'vitest';
import { isShown, outcomes, questionRows } from '../../../../cli/dashboard/shared/evaluations.js';
import { elementAt } from '../../../../core/arrays.js';
import { fakeEvaluation } from '../../../support/evaluations.js';

const { results, lines } = fakeEvaluation({ questions: 30, samples: 4 });
const result = elementAt(results.benchmarks, 0);

describe('questionRows', () => {
  it('shows of each prompt what is its own', () => {
    expect(questionRows(result, lines)[12]).toMatchObject({ index: 12, id: 'sums/12', prompt: '12 + 2?' });
    expect(questionRows(result, lines.slice(0, 4))[0]?.prompt).toBe('What is 0 + 2?');
    expect(questionRows(result, [])[0]).toMatchObject({ prompt: '', truncated: false });
  });

  it.each(outcomes)('finds those that are %s', (outcome) => {
    const rows = questionRows(result, lines).filter((row) => isShown(row, outcome, ''));
    const expected = result.questions.filter(({ rewards }, i) => {
      const right = rewards.filter((reward) => reward === 1).length;
      const cut = lines.some(({ question, stopReason }) => question === i && stopReason === 'length');
      const holds = { any: true, 'always right': right === 4, 'never right': right === 0, truncated: cut };
      return outcome === 'sometimes right' ? right > 0 && right < 4 : holds[outcome];
    });
    expect(rows.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(rows.length).toBeGreaterThan(0);
  });

  it('searches the whole prompt, the gold answer and the answers, ignoring case', () => {
    const rows = questionRows(result, lines);
    const found = (text: string) => rows.filter((row) => isShown(row, 'any', text)).length;
    expect([found('WHAT IS'), found('is 29 +'), found('nowhere')]).toEqual([30, 1, 0]);
  });
});
