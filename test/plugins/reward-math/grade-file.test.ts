import { describe, expect, it } from 'vitest';
import { formatLine, gradeLines, type GradedLine } from '../../../plugins/reward-math/grade-file.js';

async function grade(lines: readonly (string | object)[], settings: unknown = {}): Promise<GradedLine[]> {
  const graded: GradedLine[] = [];
  for await (const line of gradeLines(
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))),
    settings,
  ))
    graded.push(line);
  return graded;
}

describe('grading a file', () => {
  it('grades pairs of texts and whole responses, in order', async () => {
    const graded = await grade([
      { id: 'a', gold: '$\\frac12$', prediction: 'So the answer is $0.5$.' },
      { id: 7, gold: '\\frac12', response: '</think><answer>\\boxed{0.25}</answer>', finish_reason: 'stop' },
      '',
      { id: 'c', gold: '3', response: '<answer>\\boxed{3}</answer>', finish_reason: 'length' },
      { id: 'd', gold: '$3$', prediction: 'I do not know.' },
    ]);
    expect(graded.map(formatLine).map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 'a', verdict: 'correct', value: 1, answer: '0.5', rule: 'exact' },
      { id: 7, verdict: 'wrong', value: 0, answer: '0.25', rule: 'rounded' },
      { id: 'c', verdict: 'truncated', value: 0, answer: '3', rule: 'truncated' },
      { id: 'd', verdict: 'no-answer', value: 0, answer: null, rule: 'no-answer' },
    ]);
  });

  it('honours a config per line', async () => {
    const graded = await grade([
      { id: 1, gold: '$\\frac13$', prediction: '$0.33$' },
      { id: 2, gold: '$\\frac13$', prediction: '$0.33$', config: { precision: 2 } },
      {
        id: 3,
        gold: 'B',
        prediction: 'The answer is B.',
        config: { targets: ['string'], strings: ['A', 'B'], lowercase: false },
      },
      { id: 4, gold: '$f(x)$', prediction: '$f(y)$', config: { strict: false } },
      {
        id: 5,
        gold: '$1$',
        prediction: 'final answer is $9$, \\boxed{1}',
        config: { boxed_match_priority: 100, extraction_mode: 'first_match', fallback_mode: 'no_fallback' },
      },
    ]);
    expect(graded.map((line) => line.kind === 'graded' && line.value)).toEqual([0, 1, 1, 1, 0]);
  });

  it.each([
    ['no JSON', '{oops', /JSON/],
    ['no object', '[1]', /object/],
    ['no id', { gold: '1', prediction: '1' }, /"id"/],
    ['no gold', { id: 1, prediction: '1' }, /"gold"/],
    ['no prediction', { id: 1, gold: '1' }, /exactly one/],
    ['both kinds', { id: 1, gold: '1', prediction: '1', response: '1', finish_reason: 'stop' }, /exactly one/],
    ['a response without its end', { id: 1, gold: '1', response: '1' }, /finish_reason/],
    ['an unknown config', { id: 1, gold: '1', prediction: '1', config: { precison: 3 } }, /precison/],
    ['a prototype name in config', '{"id":1,"gold":"1","prediction":"1","config":{"__proto__":3}}', /__proto__/],
    [
      'a wrong config value',
      { id: 1, gold: '1', prediction: '1', config: { precision: 'high' } },
      /precision|settings/,
    ],
  ])('reports a line with %s by its number and goes on', async (_, line, message) => {
    const graded = await grade([{ id: 0, gold: '1', prediction: '1' }, line, { id: 2, gold: '1', prediction: '1' }]);
    expect(graded.map((one) => one.kind)).toEqual(['graded', 'malformed', 'graded']);
    expect(graded[1]).toMatchObject({ line: 2, error: expect.stringMatching(message) as string });
  });

  it('is lazy: a result is there before the next line is read', async () => {
    const events: string[] = [];
    function* lines(): Generator<string> {
      for (const id of [1, 2]) {
        events.push(`read ${id}`);
        yield JSON.stringify({ id, gold: '1', prediction: '1' });
      }
    }
    for await (const line of gradeLines(lines())) events.push(`graded ${line.kind === 'graded' ? line.id : ''}`);
    expect(events).toEqual(['read 1', 'graded 1', 'read 2', 'graded 2']);
  });
});
