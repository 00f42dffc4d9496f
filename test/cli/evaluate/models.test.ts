import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import type { EvaluationResults, ResponseLine } from '../../../core/evaluation/results.js';
import { runTiny, tiny } from '../../docs/tiny-run.js';
import { writeExampleFolder } from '../../support/example-folder.js';
import { useFolder } from '../commands/in-folder.js';

const current = useFolder();

const chatTemplate = '{% for m in messages %}a{{ m.content }}{% endfor %}{% if add_generation_prompt %}k{% endif %}';
const questions = ['cab', 'dad', 'gag'];

const resultsIn = (out: string): EvaluationResults =>
  JSON.parse(readFileSync(join(current.folder, out, 'results.json'), 'utf8')) as EvaluationResults;

const responsesIn = (out: string, benchmark: string): ResponseLine[] =>
  readFileSync(join(current.folder, out, 'responses', `${benchmark}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ResponseLine);

/** Runs a command that must succeed, and returns what it prints to stdout. */
async function run(...args: readonly string[]): Promise<string> {
  current.printed.out = '';
  expect([await main([...args]), current.printed.err]).toEqual([0, expect.any(String) as string]);
  return current.printed.out;
}

describe('a Hugging Face folder', () => {
  it.each(['f32', 'bf16'] as const)('of %s weights gives the responses that generate gives', async (dtype) => {
    const model = await writeExampleFolder(current.folder, { 'chat_template.jinja': chatTemplate }, { dtype });
    const lines = questions.map((question, i) => JSON.stringify({ id: `q${i}`, question, answer: 'a' }));
    writeFileSync(join(current.folder, 'words.jsonl'), lines.join('\n'));
    const shared = ['--model', model, '--chat', '--backend', 'reference', '--max-tokens', '9', '--temperature', '0'];
    // The model knows no other letters than those of the questions.
    const asked = ['--set', 'template.instruction=', '--samples', '2', '--out', 'out'];
    const table = await run('evaluate', './words.jsonl', ...shared, ...asked);
    expect(table).toMatch(/^words +3 × 2 /m);
    const responses = responsesIn('out', 'words');
    expect(responses.map(({ prompt }) => prompt)).toEqual(questions.flatMap((word) => [`a${word}k`, `a${word}k`]));
    for (const [i, question] of questions.entries()) {
      const [generated] = JSON.parse(await run('generate', question, ...shared, '--json')) as { text: string }[];
      // An evaluation leaves out the token that ended a response.
      const text = generated?.text.replace(/<(?:end|stop)>$/, '');
      expect(responses.slice(2 * i, 2 * i + 2).map((response) => response.text)).toEqual([text, text]);
    }
    expect(resultsIn('out')).toMatchObject({
      model: { kind: 'model', name: model, weights: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      benchmarks: [{ name: 'words', grading: { type: 'math', extraction: 'anywhere' }, questions: [{}, {}, {}] }],
    });
  });
});

describe('a run', () => {
  it('with adapters and weights in bf16 is measured before and after training', async () => {
    const settings = { ...tiny, 'lora.rank': 2, 'dtypes.weights': 'bf16', policyLearningRate: 0.05 };
    const { summary } = await runTiny(current.folder, 'adapted', { settings });
    await run(
      ...['evaluate', '--run-dir', summary.location, '--checkpoint', 'all'],
      ...['--limit', '3', '--samples', '2', '--max-tokens', '4', '--out', 'out'],
    );
    const [before, after, ...others] = readdirSync(join(current.folder, 'out'))
      .map((checkpoint) => resultsIn(join('out', checkpoint)))
      .sort((a, b) => (a.model.iteration ?? 0) - (b.model.iteration ?? 0));
    expect([before?.model.iteration, after?.model.iteration, others]).toEqual([0, 1, []]);
    expect(before?.benchmarks).toMatchObject([{ name: 'held-out', sampling: { samples: 2, maxResponseTokens: 4 } }]);
    expect(after?.benchmarks[0]?.questionsHash).toBe(before?.benchmarks[0]?.questionsHash);
    expect(after?.model.weights).not.toBe(before?.model.weights);
  });
});
