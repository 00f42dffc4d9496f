import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportLmEval } from '../../../../cli/evaluate/report/lm-eval-export.js';
import { readEvaluation } from '../../../../cli/evaluate/report/read-evaluation.js';
import { evaluationResultsSchema } from '../../../../core/evaluation/results.js';
import { fakeEvaluation } from '../../../support/evaluations.js';

const recorded = fileURLToPath(new URL('../../../fixtures/lm-eval', import.meta.url));
const file = join(recorded, 'results_2026-01-01T00-00-00.000000.json');

describe('results that lm-evaluation-harness wrote', () => {
  it('are an evaluation with its own means, one benchmark for each filter', async () => {
    const { results, name } = await readEvaluation(recorded);
    const written = JSON.parse(readFileSync(file, 'utf8')) as { results: Record<string, Record<string, number>> };
    expect(evaluationResultsSchema.parse(results)).toEqual(results);
    expect(name).toBe('counting');
    expect(results.producer).toBe('lm-evaluation-harness 0.4.13');
    expect(results.benchmarks.map((benchmark) => [benchmark.name, benchmark.statistics.mean.mean])).toEqual([
      ['sums-strict-match', written.results['sums']?.['exact_match,strict-match']],
      ['sums-last-number', written.results['sums']?.['exact_match,last-number']],
      ['letters', written.results['letters']?.['acc,none']],
    ]);
    expect(results.benchmarks[0]?.sampling).toMatchObject({ samples: 1, temperature: 0, maxResponseTokens: 16 });
    expect(results.benchmarks[0]?.statistics).toMatchObject({ noAnswer: { mean: 0.25 }, truncated: null });
    expect(results.benchmarks.map(({ form }) => form)).toEqual(['open', 'open', 'choice']);
  });

  it('needs the samples, and says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'orz-lm-eval-'));
    writeFileSync(join(folder, 'results_x.json'), readFileSync(file));
    await expect(readEvaluation(folder)).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
    writeFileSync(join(folder, 'samples_sums_x.jsonl'), '{"doc_id": 0}\n');
    await expect(readEvaluation(folder)).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
    writeFileSync(join(folder, 'samples_sums_x.jsonl'), 'no JSON\n');
    await expect(readEvaluation(folder)).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
  });
});

it.each(['x/../../elsewhere', '..', '', 'a\\\\b'])(
  'a task called %j is refused: it would name files elsewhere',
  async (task) => {
    const folder = mkdtempSync(join(tmpdir(), 'orz-lm-eval-'));
    const results = { results: { [task]: {} }, configs: { [task]: {} } };
    writeFileSync(join(folder, 'results_x.json'), JSON.stringify(results));
    await expect(readEvaluation(folder)).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
  },
);

it.each(['x/../../elsewhere', '/b'])('a filter called %j is refused, too', async (filter) => {
  const folder = mkdtempSync(join(tmpdir(), 'orz-lm-eval-'));
  writeFileSync(join(folder, 'results_x.json'), JSON.stringify({ results: { a: {} }, configs: { a: {} } }));
  writeFileSync(join(folder, 'samples_a_x.jsonl'), `${JSON.stringify({ doc_id: 0, filter, acc: 1 })}\n`);
  await expect(readEvaluation(folder)).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
});

it('samples without a question are refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orz-lm-eval-'));
  writeFileSync(join(folder, 'results_x.json'), JSON.stringify({ results: { a: {} }, configs: { a: {} } }));
  writeFileSync(join(folder, 'samples_a_x.jsonl'), '\n');
  await expect(readEvaluation(folder)).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
});

it('an export comes back with the same means', async () => {
  const { results, lines } = fakeEvaluation({ samples: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'orz-lm-eval-'));
  for (const { name, content } of exportLmEval(results, () => lines)) writeFileSync(join(folder, name), content);
  const back = await readEvaluation(folder);
  expect(back.results.benchmarks[0]?.statistics.mean).toEqual(results.benchmarks[0]?.statistics.mean);
  expect(back.results.benchmarks[0]?.questions.map(({ rewards }) => rewards)).toEqual(
    results.benchmarks[0]?.questions.map(({ rewards }) => rewards),
  );
});
