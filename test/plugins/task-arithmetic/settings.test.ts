import { expect, test } from 'vitest';
import { arithmeticBaseSettings, arithmeticDataSettings } from '../../../plugins/task-arithmetic/settings.js';

test('the defaults are two layers of width 96, trained for 2000 steps of 2048 tokens', () => {
  expect(arithmeticBaseSettings.parse({})).toEqual({
    minTerms: 3,
    maxTerms: 5,
    selfCheckShare: 0.2,
    secondGuessShare: 0.05,
    badFormatShare: 0.13,
    toolShare: 0,
    badFormatWorkedShare: 0.4,
    slipRate: 0.01,
    guessSpread: 0.2,
    layers: 2,
    hiddenSize: 96,
    heads: 3,
    kvHeads: 1,
    intermediateSize: 256,
    steps: 2000,
    tokensPerStep: 2048,
    learningRate: 0.004,
    warmupSteps: 50,
  });
  expect(arithmeticDataSettings.parse({})).toEqual({ minTerms: 3, maxTerms: 5 });
});

test('every field has a line of documentation', () => {
  for (const schema of [arithmeticBaseSettings, arithmeticDataSettings]) {
    for (const [name, field] of Object.entries(schema.shape)) expect(field.description, name).toMatch(/^[A-Z].{10,}/);
  }
});

test.each([
  ['fewer than two terms', { minTerms: 1 }, 'minTerms'],
  ['more terms than a response can work out', { maxTerms: 8 }, 'maxTerms'],
  ['a range of terms the wrong way round', { minTerms: 5, maxTerms: 4 }, 'minTerms'],
  ['shares above one in sum', { selfCheckShare: 0.6, badFormatShare: 0.5 }, 'badFormatShare'],
  ['a negative share', { secondGuessShare: -0.1 }, 'secondGuessShare'],
  ['heads of odd width, which rotary positions cannot turn', { hiddenSize: 33 }, 'hiddenSize'],
  ['query heads that the key heads do not divide', { kvHeads: 2 }, 'kvHeads'],
  ['an unknown key', { stepz: 10 }, ''],
])('%s is refused at its key', (_name, settings, key) => {
  const result = arithmeticBaseSettings.safeParse(settings);
  expect(result.success).toBe(false);
  expect(result.error!.issues.map(({ path }) => path.join('.'))).toContain(key);
});
