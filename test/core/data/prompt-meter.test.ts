import { describe, expect, it } from 'vitest';
import { createPromptMeter } from '../../../core/data/prompt-meter.js';

const bytes = (text: string) => new TextEncoder().encode(text);
/** Makes as many tokens as any tokenizer could: a begin token, a mark, and one for each byte after normalisation. */
const meter = createPromptMeter(
  ({ prompt }) => `Q: ${prompt}`,
  ({ prompt }) => Int32Array.from([0, 1, ...bytes(`Q: ${prompt}`.normalize('NFKC'))]),
);
const problem = (prompt: string) => ({ id: 'p', prompt, answer: '1' });

describe('createPromptMeter', () => {
  it('counts the tokens of the rendered prompt', () => {
    expect(meter.count(problem('1+1'))).toBe(8);
  });

  it.each(['', 'plain text', 'é', 'ﷺ', '𝄞𝄞', '１００', 'naïve \u0958\u0344', 'x'.repeat(90), `${'x'.repeat(50)}ﷺ`])(
    'says that %j is surely within a limit only if it is',
    (prompt) => {
      const count = meter.count(problem(prompt));
      for (let limit = 0; limit < 200; limit++)
        if (meter.isSurelyWithin(problem(prompt), limit)) expect(count).toBeLessThanOrEqual(limit);
    },
  );

  it('is sure of ASCII up to its length and the added tokens', () => {
    expect([
      meter.isSurelyWithin(problem('x'.repeat(95)), 100),
      meter.isSurelyWithin(problem('x'.repeat(96)), 100),
    ]).toEqual([true, false]);
  });
});
