import { displayWidth, padWidth, wrapWords } from './width.js';

/** Spaces between two columns. */
const gap = '  ';

/**
 * Rows as lines with their columns one below the other; the first column has names. Where that is wider than `columns`,
 * long names go on in the next line, and the columns that do not fit follow below, beside the names again. Cells must
 * be printable and on one line.
 */
export function tableLines(rows: readonly (readonly string[])[], columns = Infinity): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, displayWidth(cell))),
    [],
  );
  const [longest = 0, ...figures] = widths;
  // A terminal that does not know its width says 0.
  const width = columns > 0 ? columns : Infinity;
  // Room for a column of figures beside the names; a third of the line is theirs in any case.
  const room = width - Math.max(0, ...figures.map((figure) => figure + gap.length));
  const names = Math.min(longest, Math.max(room, Math.ceil(width / 3)));
  const blocks = blocksOf(figures, width - names);
  return blocks.flatMap(([from, to], i) => [
    ...(i === 0 ? [] : ['']),
    ...rows.flatMap(([name = '', ...cells]) => {
      const [first = '', ...others] = wrapWords(name, names);
      const shown = cells.slice(from, to).map((cell, at) => padWidth(cell, figures[from + at] ?? 0));
      return [[padWidth(first, names), ...shown].join(gap).trimEnd(), ...others];
    }),
  ]);
}

/** First column of figures and the one after the last, of each block of at most `columns` columns. */
function blocksOf(widths: readonly number[], columns: number): [from: number, to: number][] {
  const blocks: [from: number, to: number][] = [];
  let [from, used] = [0, 0];
  widths.forEach((width, i) => {
    if (i > from && used + gap.length + width > columns) {
      blocks.push([from, i]);
      [from, used] = [i, 0];
    }
    used += gap.length + width;
  });
  return [...blocks, [from, widths.length]];
}
