import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showEvaluations } from '../../../../cli/commands/show-evaluations.js';
import { refuseContradictoryOutputs, refuseMeasuring } from '../../../../cli/evaluate/report/options.js';
import { displayWidth } from '../../../../cli/terminal/width.js';
import { evaluationResultsSchema } from '../../../../core/evaluation/results.js';
import { writeEvaluation } from '../../../support/evaluations.js';

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const pair = () => [writeEvaluation({ skill: 0.95 }), writeEvaluation({ model: 'models/second', skill: 0.2 })];

describe('orz-train evaluate on evaluations that are done', () => {
  it('prints the paired difference in every form', async () => {
    const compare = pair();
    expect(await showEvaluations({ compare })).toBe(0);
    expect(printed).toMatch(/models\/first is better by \d+\.\d points/);
    printed = '';
    await showEvaluations({ compare, markdown: true });
    expect(printed).toContain('| Benchmark sums | 20 |');
    printed = '';
    await showEvaluations({ compare, latex: true });
    expect(printed).toContain('\\end{tabular}');
    printed = '';
    await showEvaluations({ compare, json: true });
    expect(JSON.parse(printed)).toMatchObject({ a: 'models/first', benchmarks: [{ name: 'sums', questions: 20 }] });
  });

  it("prints results, and writes lm-evaluation-harness' form", async () => {
    const [first = ''] = pair();
    const lmEval = join(mkdtempSync(join(tmpdir(), 'orz-lm-eval-')), 'out');
    await showEvaluations({ show: [first], lmEval, json: true });
    const [{ results }] = JSON.parse(printed) as [{ results: unknown }];
    expect(evaluationResultsSchema.safeParse(results).success).toBe(true);
    expect(readdirSync(lmEval).map((name) => name.split('_')[0])).toEqual(['results', 'samples']);
  });

  it('prints the schema that results keep to', async () => {
    await showEvaluations({ schema: true });
    const schema = JSON.parse(printed) as { required: string[]; properties: object };
    const results = JSON.parse(readFileSync(join(pair()[0] ?? '', 'results.json'), 'utf8')) as object;
    expect(Object.keys(results).sort()).toEqual([...schema.required].sort());
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(schema.required));
  });

  it('says where it cannot write', async () => {
    const [first = ''] = pair();
    const inside = join(first, 'results.json', 'below');
    await expect(showEvaluations({ show: [first], lmEval: inside })).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });
});

describe('on a terminal', () => {
  const columns = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  afterEach(() =>
    Object.defineProperty(process.stdout, 'columns', columns ?? { value: undefined, configurable: true }),
  );

  it.each([50, 80, 100])('of %i columns no line is longer', async (value) => {
    Object.defineProperty(process.stdout, 'columns', { value, configurable: true });
    const [first = '', second = ''] = pair();
    await showEvaluations({ show: [first, second], published: true });
    await showEvaluations({ compare: [first, second] });
    for (const line of printed.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(value);
    expect(printed).toContain('tokens if wrong');
  });
});

it.each([
  [['gsm8k'], { show: ['a'] }, 'gsm8k is for measuring, and --show prints'],
  [[], { compare: ['a', 'b'], maxTokens: '4' }, '--max-tokens is for measuring, and --compare prints'],
  [[], { show: ['a'], out: 'b', json: true }, '--out is for measuring'],
])('refuses to measure %j with %j', (benchmarks, flags, message) => {
  expect(() => {
    refuseMeasuring(benchmarks, flags);
  }).toThrow(expect.objectContaining({ code: 'ORZ_USAGE', message: expect.stringContaining(message) as string }));
});

it.each([
  [{ markdown: true }, '--markdown needs --show'],
  [{ show: ['a'], compare: ['a', 'b'] }, 'exclude each other'],
  [{ compare: ['a'] }, 'takes two evaluations, not 1'],
  [{ show: ['a'], json: true, latex: true }, 'exclude each other'],
  [{ show: ['a', 'b'], lmEval: 'out' }, 'takes one evaluation'],
])('refuses %j', (flags, message) => {
  expect(() => {
    refuseContradictoryOutputs(flags);
  }).toThrow(expect.objectContaining({ code: 'ORZ_USAGE', message: expect.stringContaining(message) as string }));
});
