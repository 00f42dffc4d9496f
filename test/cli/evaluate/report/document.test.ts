import { describe, expect, it } from 'vitest';
import { asLatex, asMarkdown, asText, latexText, markdownText } from '../../../../cli/evaluate/report/document.js';
import { comparisonDocument, evaluationDocument } from '../../../../cli/evaluate/report/tables.js';
import { compareEvaluations } from '../../../../core/evaluation/compare.js';
import { fakeEvaluation, type FakeOptions } from '../../../support/evaluations.js';

const named = (name: string, options: FakeOptions = {}) => ({ name, results: fakeEvaluation(options).results });

describe('names that are hostile', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['[x](http://y)', '[x\\](http\\://y)'],
    ['<img src=x>', '\\<img src=x\\>'],
    ['a\n| b |', 'a \\| b \\|'],
    ['`code` *bold* ~~no~~ $x$ &lt;', '\\`code\\` \\*bold\\* \\~\\~no\\~\\~ \\$x\\$ \\&lt;'],
    ['\u001b[2J\u202e', '\\\\x1b[2J\\\\x202e'],
  ])('%j in Markdown', (text, expected) => {
    expect(markdownText(text)).toBe(expected);
  });

  it.each([
    ['\\input{/etc/passwd}', '\\textbackslash{}input\\{/etc/passwd\\}'],
    ['50 % & $5 #1 a_b', '50 \\% \\& \\$5 \\#1 a\\_b'],
    ['^^41~', '\\textasciicircum{}\\textasciicircum{}41\\textasciitilde{}'],
    ['[1pt] \u202e', '{[}1pt{]} \\textbackslash{}x202e'],
    ['1–2 × −3', '1--2 $\\times$ $-$3'],
  ])('%j in LaTeX', (text, expected) => {
    expect(latexText(text)).toBe(expected);
  });
});

describe('tables', () => {
  const document = evaluationDocument([named('A', { benchmark: 'math500' }), named('B', { benchmark: 'gsm8k' })], true);

  it('have a row for each model and a column for each benchmark, and published rows with their source', () => {
    const [means, ...details] = document.tables;
    expect(means?.head).toEqual(['model', 'Benchmark math500', 'Benchmark gsm8k']);
    expect(means?.rows[0]?.[1]).toMatch(/^\d+\.\d \[\d+\.\d, \d+\.\d\]$/);
    expect(means?.rows[0]?.[2]).toBe('–');
    expect(means?.rows).toContainEqual(['Open-Reasoner-Zero 7B', '81.4', '–']);
    expect(document.notes.join(' ')).toContain('arXiv 2503.24290');
    expect(details.map(({ rows }) => rows.length)).toEqual([1, 1]);
  });

  it('have cells in each form', () => {
    expect(asText(document).split('\n')[1]).toMatch(/^model +Benchmark math500 +Benchmark gsm8k$/);
    expect(asMarkdown(document)).toContain('| model | Benchmark math500 | Benchmark gsm8k |\n| --- | ---: | ---: |');
    expect(asLatex(document)).toContain('\\begin{tabular}{lrr}\n\\toprule\nmodel & Benchmark math500');
  });

  it('of a comparison come with a sentence and what else differs', () => {
    const comparison = compareEvaluations(named('A', { skill: 0.9 }), named('B', { skill: 0.2, temperature: 0 }));
    const { tables, notes } = comparisonDocument(comparison);
    expect(tables[0]?.rows[0]).toHaveLength(6);
    expect(notes[0]).toMatch(/^Benchmark sums: A is better by/);
    expect(notes[1]).toBe('Benchmark sums: different temperature: 1 and 0.');
  });
});
