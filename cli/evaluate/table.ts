import type { BenchmarkResult } from '../../core/evaluation/results.js';
import { printable } from '../terminal/format.js';
import { displayWidth, padWidth } from '../terminal/width.js';
import { percent, percentWithInterval } from './report/figures.js';

/** A row of the table; `label` says which model or checkpoint, where there are several. */
export interface TableRow {
  readonly label?: string;
  readonly result: BenchmarkResult;
}

/** Results as a table for a terminal: percentages with their 95 % intervals. */
export function resultsTable(rows: readonly TableRow[]): string {
  const hasLabels = rows.some(({ label }) => label !== undefined);
  const head = ['benchmark', 'questions', 'mean@k', 'pass@k', 'maj@k', 'truncated', 'no answer'];
  const cells = rows.map(({ label = '', result }) => [...(hasLabels ? [printable(label)] : []), ...rowOf(result)]);
  return aligned([hasLabels ? ['checkpoint', ...head] : head, ...cells]);
}

function rowOf({ title, questions, sampling, statistics }: BenchmarkResult): string[] {
  const { mean, passAtK, majorityAtK, truncated, noAnswer } = statistics;
  const [pass, majority] = [passAtK.at(-1), majorityAtK.at(-1)];
  return [
    printable(title),
    `${questions.length} × ${sampling.samples}`,
    percentWithInterval(mean),
    pass ? percentWithInterval(pass) : '',
    majority ? percentWithInterval(majority) : '',
    truncated === null ? '–' : percent(truncated.mean),
    percent(noAnswer.mean),
  ];
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, displayWidth(cell))),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => padWidth(cell, widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
