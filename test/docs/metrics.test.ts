import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Metrics } from '../../core/contracts/platform.js';
import { readPage } from './pages.js';
import { runTiny, tiny } from './tiny-run.js';

/** Rows of the tables of docs/metrics.md: name to the text of the row. */
const rows = readPage('docs/metrics.md').split('\n').filter((line) => line.startsWith('| `'))
  .map((line) => [/^\| `([^`]+)`/.exec(line)![1]!, line] as const);

/** Runs that together write every metric there is. */
const variants = [{ kl: 'loss' }, { kl: 'penalty' }, { advantage: 'group', criticUpdateSteps: 0 }];
const records: Metrics[] = [];
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orz-metrics-'));
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const [i, settings] of variants.entries()) records.push(...(await runTiny(folder, String(i), { settings: { ...tiny, ...settings } })).metrics);
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const documented = (name: string): string => name.replace(/^evaluation\/.*/, 'evaluation/<set>');

describe('docs/metrics.md', () => {
  it('explains every metric that a run writes, each once and no other', () => {
    const written = new Set(records.flatMap((record) => Object.keys(record).map(documented)));
    expect(rows.map(([name]) => name).sort()).toEqual([...written].sort());
  });

  it('names every part of the metrics that have parts', () => {
    const parts = records.flatMap((record) => Object.entries(record).flatMap(([name, value]) => (typeof value === 'object' && value !== null ? Object.keys(value).map((part) => [documented(name), part] as const) : [])));
    expect(parts.length).toBeGreaterThan(20);
    const text = new Map(rows);
    expect(parts.filter(([name, part]) => !text.get(name)!.includes(`\`${part}\``))).toEqual([]);
  });

  it('gives meaning, unit and reading for each', () => {
    for (const [name, line] of rows) expect(line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().length > 0), name).toEqual([true, true, true, true]);
  });
});
