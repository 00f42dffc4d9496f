import { expect, test } from 'vitest';
import { tableLines } from '../../../cli/terminal/table.js';
import { displayWidth } from '../../../cli/terminal/width.js';

const rows = [
  ['model', 'questions', 'mean@k', 'pass@k'],
  ['a very long name of a model', '12 × 4', '41.3 [36.0, 46.9]', '60.0 [50.0, 70.0]'],
  ['漢字', '9 × 1', '0.0', '1.0'],
];

test('a table that fits has a line for each row, as has any table without a width', () => {
  const wide = [
    'model                        questions  mean@k             pass@k',
    'a very long name of a model  12 × 4     41.3 [36.0, 46.9]  60.0 [50.0, 70.0]',
    '漢字                         9 × 1      0.0                1.0',
  ];
  for (const columns of [undefined, 0, 77]) expect(tableLines(rows, columns)).toEqual(wide);
});

test('columns that do not fit follow below, beside the names', () => {
  expect(tableLines(rows, 60)).toEqual([
    'model                        questions  mean@k',
    'a very long name of a model  12 × 4     41.3 [36.0, 46.9]',
    '漢字                         9 × 1      0.0',
    '',
    'model                        pass@k',
    'a very long name of a model  60.0 [50.0, 70.0]',
    '漢字                         1.0',
  ]);
});

test('long names go on in the next line', () => {
  expect(tableLines(rows, 40).slice(0, 3)).toEqual([
    'model                  questions',
    'a very long name of a  12 × 4',
    'model',
  ]);
});

test.each([30, 31, 45, 64, 76])('no line is wider than %i columns, and nothing is lost', (columns) => {
  const lines = tableLines(rows, columns);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  const text = lines.join('\n');
  for (const cell of rows.flatMap((row) => row.slice(1))) expect(text).toContain(cell);
});

test('a terminal that is narrower than a cell gets all of it', () => {
  expect(tableLines(rows, 8).join('\n')).toContain('41.3 [36.0, 46.9]');
});
