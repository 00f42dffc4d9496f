import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeEvaluationReport, withinBytes } from '../../../../cli/evaluate/report/html-report.js';
import { readEvaluation, readEvaluations } from '../../../../cli/evaluate/report/read-evaluation.js';
import { readResponses } from '../../../../cli/evaluate/report/read-responses.js';
import type { EvaluationReportData } from '../../../../cli/dashboard/shared/evaluations.js';
import { fakeEvaluation, writeEvaluation } from '../../../support/evaluations.js';

const assets = { script: 'page();', style: 'p { color: red }' };
const hostile = '</script><script>alert(1)</script>\u2028]]><!--\u202e';

const embedded = (page: string): EvaluationReportData => {
  const [, json = ''] = /<script type="application\/json" id="evaluations">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(json) as EvaluationReportData;
};

describe('report of evaluations', () => {
  it('contains all responses of a small one, however hostile', async () => {
    const folder = writeEvaluation({ model: hostile, text: () => hostile });
    const page = await makeEvaluationReport({
      evaluations: [await readEvaluation(folder)],
      comparison: undefined,
      assets,
    });
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(/\u2028|alert\(1\)<\/script>/.test(page)).toBe(false);
    expect(page.includes("default-src 'none'")).toBe(true);
    const { evaluations, note } = embedded(page);
    expect(note).toBe('All 80 responses are here.');
    expect(evaluations[0]?.responses['sums']?.[0]?.text).toBe(hostile);
  });

  it('of a large one contains some of every question, and says so', async () => {
    const evaluations = [await readEvaluation(writeEvaluation({ questions: 40, text: () => 'x'.repeat(1000) }))];
    const make = () => makeEvaluationReport({ evaluations, comparison: undefined, assets }, 100_000);
    const page = await make();
    const { note, evaluations: shown } = embedded(page);
    const lines = shown[0]?.responses['sums'] ?? [];
    expect(note).toBe(
      `${lines.length} of 160 responses are here, spread over the questions; all are in the folder of the evaluation.`,
    );
    expect(new Set(lines.map(({ question }) => question)).size).toBe(40);
    expect(await make()).toBe(page);
  });

  it('takes questions evenly where not one response of each fits', () => {
    const { lines } = fakeEvaluation({ questions: 64, samples: 2, text: () => 'x'.repeat(1000) });
    const questions = withinBytes(lines, 10_000).map(({ question }) => question);
    expect(questions.length).toBeGreaterThan(5);
    expect(questions.length).toBeLessThan(12);
    expect(Math.max(...questions)).toBeGreaterThanOrEqual(48);
  });
});

/** A benchmark whose name leads out of the folder. */
const escaping = JSON.stringify(fakeEvaluation({ benchmark: '../../other' }).results);

describe('reading', () => {
  const folderWith = (file: string, content: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'orz-evaluation-'));
    mkdirSync(join(folder, 'responses'));
    writeFileSync(join(folder, file), content);
    return folder;
  };

  it('takes a folder or its results.json, and tells models of one name apart', async () => {
    const folder = writeEvaluation();
    const { results } = await readEvaluation(folder);
    expect((await readEvaluation(join(folder, 'results.json'))).results).toEqual(results);
    expect(results).toEqual(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')));
    const names = (await readEvaluations([folder, writeEvaluation()])).map(({ name }) => name);
    expect(names[0]).toBe(`models/first (${folder})`);
  });

  it.each([
    ['results.json', 'no JSON', 'ORZ_DATA_MALFORMED'],
    ['results.json', '{"version":1}', 'ORZ_DATA_MALFORMED'],
    ['other.json', '{}', 'ORZ_DATA_MISSING'],
    ['results.json', escaping, 'ORZ_DATA_MALFORMED'],
  ])('refuses a folder with %s: %s', async (file, content, code) => {
    await expect(readEvaluation(folderWith(file, content))).rejects.toMatchObject({ code });
  });

  it('refuses what is not there', async () => {
    await expect(readEvaluation(join(tmpdir(), 'no-such-evaluation'))).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
    });
  });

  it.each(['no JSON', '{"question":0}', 'null', '[]'])('refuses the response %s', async (line) => {
    const folder = folderWith('responses/sums.jsonl', `${line}\n`);
    await expect(readResponses(folder, 'sums')).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
    expect(await readResponses(folder, 'others')).toEqual([]);
  });
});
