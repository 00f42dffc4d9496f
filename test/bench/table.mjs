/** What a section of the benchmark hands back: a table, and lines that say how to read it. */

/**
 * @typedef {object} Report
 * @property {string} name of the section, as in `--only`
 * @property {string} title
 * @property {readonly string[]} columns
 * @property {readonly (readonly string[])[]} rows
 * @property {readonly string[]} notes
 */

/** @param {Report} report */
export function asText({ title, columns, rows, notes }) {
  const all = [columns, ...rows];
  const widths = columns.map((_, c) => Math.max(...all.map((row) => (row[c] ?? '').length)));
  const line = (/** @type {readonly string[]} */ row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join('  ')
      .trimEnd();
  return [title, ...all.map(line).map((text) => `  ${text}`), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

/** @param {Report} report */
export function asMarkdown({ title, columns, rows, notes }) {
  const line = (/** @type {readonly string[]} */ row) => `| ${row.join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    line(columns),
    line(columns.map((_, c) => (c === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n');
}

/**
 * The document with the text between `<!-- name -->` and `<!-- /name -->` replaced.
 * @param {string} document
 * @param {string} name
 * @param {string} content
 */
export function replaceBetweenMarkers(document, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [document.indexOf(open), document.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`The document has no markers ${open} … ${close}`);
  return `${document.slice(0, start + open.length)}\n${content.trim()}\n${document.slice(end)}`;
}
