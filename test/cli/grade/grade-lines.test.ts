import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatLine, gradeLines, type GradedLine } from '../../../cli/grade/grade-lines.js';
import type { Grader } from '../../../cli/grade/grader.js';
import type { InputLine } from '../../../cli/grade/lines.js';
import { mathGrader } from './math-grader.js';

let grader: Grader;
beforeAll(async () => {
  grader = await mathGrader();
});
afterAll(() => grader.dispose());

async function* inputLines(lines: readonly (string | object)[]): AsyncGenerator<InputLine> {
  for (const [i, line] of lines.entries())
    yield { number: i + 1, text: typeof line === 'string' ? line : JSON.stringify(line) };
}

async function grade(lines: readonly (string | object)[], by = grader): Promise<GradedLine[]> {
  const graded: GradedLine[] = [];
  for await (const line of gradeLines(inputLines(lines), by)) graded.push(line);
  return graded;
}

describe('grading lines', () => {
  it('grades answers and whole responses in order, and says by which rule and version', async () => {
    const graded = await grade([
      { id: 'a', gold: '2\\sqrt{3}', prediction: 'So the answer is $\\sqrt{12}$.' },
      { id: 7, gold: '\\frac12', response: '</think><answer>\\boxed{0.25}</answer>', finish_reason: 'stop' },
      { gold: '3', response: '<answer>\\boxed{3}</answer>', finish_reason: 'length' },
      { id: 'd', gold: '3', prediction: 'I do not know.' },
      { id: 'e', gold: '3', response: 'It is $3$.' },
    ]);
    const verifier = grader.verifier;
    expect(verifier).toMatch(/^math \d+\.\d+\.\d+/);
    expect(graded.map(formatLine).map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 'a', verdict: 'correct', value: 1, answer: '\\sqrt{12}', rule: 'normal form', verifier },
      { id: 7, verdict: 'wrong', value: 0, answer: '0.25', rule: 'rounded', verifier },
      { id: 3, verdict: 'truncated', value: 0, answer: '3', rule: 'truncated', verifier },
      { id: 'd', verdict: 'no-answer', value: 0, answer: null, rule: 'no-answer', verifier },
      { id: 'e', verdict: 'no-answer', value: 0, answer: null, rule: 'no-answer', verifier },
    ]);
  });

  it('takes a number as gold with all its digits, and grades beside NaN in what is not used', async () => {
    const lines = ['45678901234567890123.45', '9007199254740993'].flatMap((gold) => [
      `{"gold": ${gold}, "prediction": "$${gold}$", "score": NaN}`,
      `{"gold": ${gold}, "prediction": "$${String(Number(gold))}$"}`,
    ]);
    expect((await grade(lines)).map((line) => line.kind === 'graded' && line.value)).toEqual([1, 0, 1, 0]);
  });

  it.each([
    ['2\\sqrt{3}', '2', 0],
    ['5\\frac{1}{2}', '\\frac12', 0],
    ['x = 3 \\text{ or } x = 5', '$x=3$ or $x=5$', 1],
    ['\\$18', 'That makes $18 in all.', 1],
    ['$\\frac12$', 'one half: $0.5$', 1],
    ['Thus $x+1=3$ and the answer is \\boxed{2}.', '2', 1],
  ])('takes gold %s as it is unless it is a text around an answer: %s gets %d', async (gold, prediction, value) => {
    expect(await grade([{ gold, prediction }])).toMatchObject([{ kind: 'graded', value }]);
  });

  it('honours the settings of a record, by the names of the reward or of Math-Verify', async () => {
    const graded = await grade([
      { gold: '\\frac13', prediction: '$0.33$' },
      { gold: '\\frac13', prediction: '$0.33$', config: { precision: 2 } },
      { gold: 'B', prediction: 'The answer is B.', config: { targets: ['string'], strings: ['A', 'B'] } },
      { gold: 'f(x)', prediction: '$f(y)$', config: { strict: false } },
      { gold: 'f(x)', prediction: '$f(y)$', config: { strictVariables: false } },
      {
        gold: '1',
        prediction: 'final answer is $9$, \\boxed{1}',
        config: { boxed_match_priority: 100, extraction_mode: 'first_match', fallback_mode: 'no_fallback' },
      },
    ]);
    expect(graded.map((line) => line.kind === 'graded' && line.value)).toEqual([0, 1, 1, 1, 1, 0]);
  });

  it.each([
    ['no JSON', '{oops', /JSON/],
    ['no gold', { prediction: '1' }, /"gold"/],
    ['a setting that does not exist', { gold: '1', prediction: '1', config: { precison: 3 } }, /"precison"/],
    ['a prototype name in config', '{"gold":"1","prediction":"1","config":{"__proto__":3}}', /__proto__/],
    ['a wrong setting', { gold: '1', prediction: '1', config: { precision: 'high' } }, /config\.precision/],
  ])('reports a line with %s by its number and goes on', async (_, line, message) => {
    const fine = { gold: '1', prediction: '1' };
    const graded = await grade([fine, line, fine]);
    expect(graded.map((one) => one.kind)).toEqual(['graded', 'malformed', 'graded']);
    expect(graded[1]).toMatchObject({ line: 2, error: expect.stringMatching(message) as string });
  });

  it('keeps the order when later lines are graded first, and throws what the reward throws', async () => {
    const slowFirst: Grader = {
      ...grader,
      grade: async ({ text }) => {
        await new Promise((resolve) => setTimeout(resolve, 40 - 10 * Number(text)));
        if (text === '3') throw new Error('the reward failed');
        return { value: Number(text), verdict: 'wrong' };
      },
    };
    const lines = ['0', '1', '2'].map((prediction) => ({ gold: '1', prediction }));
    expect((await grade(lines, slowFirst)).map((line) => line.kind === 'graded' && line.value)).toEqual([0, 1, 2]);
    await expect(grade([{ gold: '1', prediction: '3' }], slowFirst)).rejects.toThrow('the reward failed');
  });

  it('gives a result before the next line is there, as a program needs that waits for it', async () => {
    let more: () => void = () => undefined;
    async function* lines(): AsyncGenerator<InputLine> {
      for (const number of [1, 2]) {
        yield { number, text: JSON.stringify({ gold: '1', prediction: '1' }) };
        await new Promise<void>((resolve) => (more = resolve));
      }
    }
    const seen: number[] = [];
    for await (const { line } of gradeLines(lines(), grader)) {
      seen.push(line);
      more();
    }
    expect(seen).toEqual([1, 2]);
  });

  it('reads only so far ahead of a slow reward', async () => {
    let read = 0;
    async function* lines(): AsyncGenerator<InputLine> {
      for (let number = 1; number <= 2_000; number++) {
        read++;
        yield { number, text: JSON.stringify({ gold: '1', prediction: '1' }) };
      }
    }
    const stuck: Grader = { ...grader, grade: () => new Promise(() => undefined) };
    const stop = new AbortController();
    const results = gradeLines(lines(), stuck, stop.signal);
    const first = results.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(read).toBeLessThan(300);
    stop.abort();
    expect((await first).done).toBe(true);
  });
});
