import { printable } from '../../terminal/format.js';
import { tableLines } from '../../terminal/table.js';
import { wrapWords } from '../../terminal/width.js';

/** A table of texts. Names of models and benchmarks are whatever somebody typed, so every form escapes all cells. */
export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** As many cells each as the head has. The first is a name; the others are figures. */
  readonly rows: readonly (readonly string[])[];
}

/** What a command prints, before it has a form. */
export interface Document {
  readonly tables: readonly Table[];
  /** Sentences below the tables. */
  readonly notes: readonly string[];
}

/** Printable, and without line breaks. */
export const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' ').trim());

/** For a terminal of so many columns; without a number, lines are as long as they are. */
export function asText({ tables, notes }: Document, columns = 0): string {
  const wrapped = (text: string): string[] => (columns > 0 ? wrapWords(text, columns) : [text]);
  const blocks = tables.map(({ caption, head, rows }) =>
    [
      ...wrapped(oneLine(caption)),
      ...tableLines(
        [head, ...rows].map((row) => row.map(oneLine)),
        columns,
      ),
    ].join('\n'),
  );
  return [...blocks, ...(notes.length > 0 ? [notes.map(oneLine).flatMap(wrapped).join('\n')] : [])].join('\n\n');
}

/** GitHub's Markdown. */
export function asMarkdown({ tables, notes }: Document): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const blocks = tables.map(({ caption, head, rows }) => {
    const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
    const body = rows.map((row) => line(row.map(markdownText)));
    return [`**${markdownText(caption)}**`, '', line(head.map(markdownText)), line(rule), ...body].join('\n');
  });
  return [...blocks, ...notes.map(markdownText)].join('\n\n');
}

/** Text without any meaning in Markdown: no markup, no link, no HTML, and it does not leave its cell. */
export const markdownText = (text: string): string =>
  oneLine(text)
    .replace(/[\\`*_{}<>#|~$!&]/g, '\\$&')
    .replace(/\](?=[([:])/g, '\\]')
    .replace(/:(?=\/\/)/g, '\\:');

/** With the packages booktabs and, for other than pdfLaTeX's letters, a Unicode engine. */
export function asLatex({ tables, notes }: Document): string {
  const line = (cells: readonly string[]): string => `${cells.join(' & ')} \\\\`;
  const blocks = tables.map(({ caption, head, rows }) =>
    [
      '\\begin{table}',
      `\\caption{${latexText(caption)}}`,
      `\\begin{tabular}{l${'r'.repeat(Math.max(0, head.length - 1))}}`,
      '\\toprule',
      line(head.map(latexText)),
      '\\midrule',
      ...rows.map((row) => line(row.map(latexText))),
      '\\bottomrule',
      '\\end{tabular}',
      '\\end{table}',
    ].join('\n'),
  );
  return [...blocks, ...notes.map(latexText)].join('\n\n');
}

const latexCommands: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  "'": '\\textquotesingle{}',
  '`': '\\textasciigrave{}',
  '[': '{[}',
  ']': '{]}',
  '–': '--',
  '×': '$\\times$',
  '−': '$-$',
};

/** Text without any meaning in LaTeX. A bracket would be the argument of a line break before it. */
export const latexText = (text: string): string =>
  oneLine(text).replace(/[\\~^<>|"'`[\]–×−{}$&#%_]/g, (character) => latexCommands[character] ?? `\\${character}`);
