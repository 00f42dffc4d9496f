import { describe, expect, it } from 'vitest';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { verify } from '../../../plugins/reward-math/verify.js';
import { corpus, corpusPairs } from './corpus.js';

const settings = mathRewardSettings.parse({});

describe('the strictness table', () => {
  it('is covered by some hundreds of pairs of both verdicts', () => {
    const pairs = [...corpusPairs()];
    expect(pairs.filter((pair) => pair.equal).length).toBeGreaterThan(250);
    expect(pairs.filter((pair) => !pair.equal).length).toBeGreaterThan(250);
  });

  for (const { row, cases } of corpus) {
    it(row, () => {
      const surprises = cases.flatMap(([gold, right, wrong]) =>
        [...right.map((p) => [p, true] as const), ...wrong.map((p) => [p, false] as const)].flatMap(
          ([prediction, equal]) => {
            const found = verify(gold, prediction, settings);
            return (found.verdict === 'correct') === equal ? [] : [{ gold, prediction, expected: equal, ...found }];
          },
        ),
      );
      expect(surprises).toEqual([]);
    });
  }
});
