import { describe, expect, it } from 'vitest';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { verify } from '../../../plugins/reward-math/verify.js';
import { faultClasses, pairsOf } from './fault-classes.js';
import { random } from './random.js';

const settings = mathRewardSettings.parse({});
const isCorrect = (gold: string, prediction: string): boolean =>
  verify(gold, prediction, settings).verdict === 'correct';

describe('classes of faults', () => {
  for (const faults of faultClasses) {
    it(faults.name, () => {
      const surprises = pairsOf(faults).filter(({ gold, prediction, equal }) => isCorrect(gold, prediction) !== equal);
      expect(surprises).toEqual([]);
    });
  }
});

describe('a symbol that does not cancel', () => {
  const next = random(17);
  const pick = <T>(items: readonly T[]): T => items[next() % items.length]!;
  const symbols = ['x', 't', 'n', 'z', 'f(x)', '\\alpha', 'a_1', 'X'];
  const golds = [
    '0',
    '5',
    '-3',
    '\\frac{1}{2}',
    '1.5',
    '0.0',
    '10^{50}',
    '2^{-80}',
    '\\pi',
    '\\sqrt{2}',
    '50!',
    '10^{-40}',
  ];
  const huge = () =>
    pick([
      () => `${2 + (next() % 150)}!`,
      () => `10^{${1 + (next() % 300)}}`,
      () => `${2 + (next() % 9)}^{${1 + (next() % 400)}}`,
      () => `\\sqrt{10^{${2 * (1 + (next() % 100))}}+${next() % 9}}`,
      () => `e^{${1 + (next() % 200)}}`,
      () => `10^{-${1 + (next() % 300)}}`,
    ])();

  it('never equals a constant, whatever is added and taken away', () => {
    const accepted: string[] = [];
    for (let k = 0; k < 600; k++) {
      const symbol = pick(symbols);
      const terms = [symbol];
      for (let j = 0; j < 1 + (next() % 3); j++) {
        const number = huge();
        terms.splice(next() % (terms.length + 1), 0, number);
        terms.splice(next() % (terms.length + 1), 0, `-${number}`);
      }
      const sum = terms.join('+').replaceAll('+-', '-');
      const wrapped = pick([sum, sum, `\\frac{${sum}}{${huge()}}`, `(${sum})\\cdot ${huge()}`, `\\sqrt{(${sum})^2+1}`]);
      const gold = pick(golds);
      for (const prediction of [wrapped, `${wrapped}+${gold}`])
        if (isCorrect(gold, prediction)) accepted.push(`${gold} <- ${prediction}`);
    }
    expect(accepted).toEqual([]);
  });
});
