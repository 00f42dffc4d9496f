import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { healthLimits, healthRules } from '../../core/train/diagnostics/health-rules.js';
import { readPage } from './pages.js';
import { runTiny, tiny } from './tiny-run.js';

const [aboutMetrics, aboutWarnings] = readPage('docs/metrics.md').split('## Warnings') as [string, string];
/** Rows of the tables of a text: name to the text of the row. */
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => [/^\| `([^`]+)`/.exec(line)![1]!, line] as const);
const rows = rowsOf(aboutMetrics);
const cellsOf = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Runs that together write every metric there is. */
const variants = [
  { kl: 'loss', entropy: 'adaptive', 'policyLoss.dualClip': 3 },
  { kl: 'penalty', groupFilter: 'signal', rewardShaping: 'overlong-filter', samplerCorrection: 'token' },
  { advantage: 'group', criticUpdateSteps: 0, environment: 'calculator' },
];
const records: Metrics[] = [];
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orz-metrics-'));
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const [i, settings] of variants.entries())
    records.push(...(await runTiny(folder, String(i), { settings: { ...tiny, ...settings } })).metrics);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const documented = (name: string): string => name.replace(/^evaluation\/.*/, 'evaluation/<set>');

describe('docs/metrics.md', () => {
  it('explains every metric that a run writes, each once and no other', () => {
    const written = new Set(records.flatMap((record) => Object.keys(record).map(documented)));
    // A server is needed for these; test/plugins/engine-tinker/run.full.test.ts holds them against the page.
    const local = rows.map(([name]) => name).filter((name) => !/^server/.test(name ?? ''));
    expect(local.sort()).toEqual([...written].sort());
  });

  it('names every part of the metrics that have parts', () => {
    const parts = records.flatMap((record) =>
      Object.entries(record).flatMap(([name, value]) =>
        name !== 'warnings' && typeof value === 'object' && value !== null
          ? Object.keys(value).map((part) => [documented(name), part] as const)
          : [],
      ),
    );
    expect(parts.length).toBeGreaterThan(20);
    const text = new Map(rows);
    expect(parts.filter(([name, part]) => !text.get(name)!.includes(`\`${part}\``))).toEqual([]);
  });

  it('gives meaning, unit and reading for each', () => {
    for (const [name, line] of rows)
      expect(
        cellsOf(line).map((cell) => cell.length > 0),
        name,
      ).toEqual([true, true, true, true]);
  });

  it('lists the warnings with their patience, their limits and advice', () => {
    const warnings = rowsOf(aboutWarnings).map(([name, line]) => ({ name, cells: cellsOf(line) }));
    expect(warnings.map(({ name }) => name)).toEqual(healthRules.map(({ name }) => name));
    expect(warnings.map(({ cells }) => Number(cells[2]))).toEqual(healthRules.map(({ patience }) => patience));
    for (const { cells } of warnings) expect(cells[3]!.length).toBeGreaterThan(20);
    const figures = new Set(
      warnings.flatMap(({ cells }) => cells[1]!.replace('−', '-').match(/-?\d+(\.\d+)?/g) ?? []).map(Number),
    );
    for (const [name, limit] of Object.entries(healthLimits)) expect(figures, name).toContain(limit);
  });
});
