import type { BenchmarkResult } from '../../core/evaluation/results.js';
import { tableLines } from '../terminal/table.js';
import { oneLine } from './report/document.js';
import { percent, percentWithInterval } from './report/figures.js';

/** A row of the table; `label` says which model or checkpoint, where there are several. */
export interface TableRow {
  readonly label?: string;
  readonly result: BenchmarkResult;
}

/** Results as a table for a terminal of so many columns: percentages with their 95 % intervals. */
export function resultsTable(rows: readonly TableRow[], columns?: number): string {
  const hasLabels = rows.some(({ label }) => label !== undefined);
  const head = ['benchmark', 'questions', 'mean@k', 'pass@k', 'maj@k', 'truncated', 'no answer'];
  const cells = rows.map(({ label = '', result }) => [...(hasLabels ? [oneLine(label)] : []), ...rowOf(result)]);
  return tableLines([hasLabels ? ['checkpoint', ...head] : head, ...cells], columns).join('\n');
}

function rowOf({ title, questions, sampling, statistics }: BenchmarkResult): string[] {
  const { mean, passAtK, majorityAtK, truncated, noAnswer } = statistics;
  const [pass, majority] = [passAtK.at(-1), majorityAtK.at(-1)];
  return [
    oneLine(title),
    `${questions.length} × ${sampling.samples}`,
    percentWithInterval(mean),
    pass ? percentWithInterval(pass) : '',
    majority ? percentWithInterval(majority) : '',
    truncated === null ? '–' : percent(truncated.mean),
    percent(noAnswer.mean),
  ];
}
