/**
 * `npm run measures`: figures about the sources that say whether they stay readable, as a Markdown table. With a path it
 * measures another checkout, so that two commits can be compared: `npm run measures -- ../older-checkout`.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { importsOf, sourceFiles } from './source-files.mjs';

const longestLine = 120;
const mostParameters = 4;
const longestFunction = 30;

/**
 * @typedef {{ lines: number, blank: number, comment: number, long: number, assertions: number,
 *   functions: { lines: number, parameters: number }[], imports: string[] }} FileMeasures
 */

/** @param {string} file @param {string} text @returns {FileMeasures} */
export function measureFile(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.replace(/\n$/, '').split('\n');
  /** @type {FileMeasures['functions']} */
  const functions = [];
  let assertions = 0;
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isNonNullExpression(node)) assertions++;
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      functions.push({ lines: lineSpan(source, node), parameters: node.parameters.length });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    lines: lines.length,
    blank: lines.filter((line) => line.trim() === '').length,
    comment: commentLines(source, text),
    long: lines.filter((line) => line.length > longestLine).length,
    assertions,
    functions,
    imports: importsOf(source).filter((specifier) => specifier.startsWith('.')),
  };
}

/** @param {ts.SourceFile} source @param {ts.Node} node */
function lineSpan(source, node) {
  const line = (/** @type {number} */ position) => source.getLineAndCharacterOfPosition(position).line;
  return line(node.getEnd()) - line(node.getStart(source)) + 1;
}

/** Lines that hold a comment and nothing else. @param {ts.SourceFile} source @param {string} text */
function commentLines(source, text) {
  const marked = new Set();
  const visit = (/** @type {ts.Node} */ node) => {
    for (const range of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) {
      const from = source.getLineAndCharacterOfPosition(range.pos);
      const to = source.getLineAndCharacterOfPosition(range.end);
      for (let line = from.line; line <= to.line; line++) marked.add(line);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return marked.size;
}

/**
 * Sets of files that import each other in a circle, types included; each set sorted.
 * @param {ReadonlyMap<string, readonly string[]>} graph file to the files it imports
 * @returns {string[][]}
 */
export function importCycles(graph) {
  // Tarjan's algorithm: a strongly connected component of more than one file is a cycle.
  const index = new Map(),
    low = new Map(),
    stack = /** @type {string[]} */ ([]),
    found = /** @type {string[][]} */ ([]);
  const visit = (/** @type {string} */ file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== index.get(file)) return;
    const component = stack.splice(stack.indexOf(file));
    if (component.length > 1) found.push(component.sort());
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return found;
}

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/**
 * The figures of the sources below `root`, by what they are called.
 * @param {string} root
 * @param {readonly string[]} folders
 * @returns {Record<string, string>}
 */
export function measureTree(root, folders) {
  const files = folders.flatMap((folder) => sourceFiles(root, folder));
  const measured = new Map(files.map((file) => [file, measureFile(file, readFileSync(join(root, file), 'utf8'))]));
  const all = [...measured.values()];
  const sum = (/** @type {(file: FileMeasures) => number} */ of) => all.reduce((total, file) => total + of(file), 0);
  const functions = all.flatMap((file) => file.functions);
  const lines = sum((file) => file.lines);
  const spread = (/** @type {number[]} */ values) =>
    [quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)].join(' / ');
  const graph = new Map(
    [...measured].map(([file, { imports }]) => [file, imports.map((to) => targetOf(file, to, measured))]),
  );
  return {
    Files: String(files.length),
    Lines: lines.toLocaleString('en'),
    'Lines of a file: median / 95 % / longest': spread(all.map((file) => file.lines)),
    'Lines of a function: median / 95 % / longest': spread(functions.map((each) => each.lines)),
    [`Functions of more than ${longestFunction} lines`]: String(
      functions.filter((each) => each.lines > longestFunction).length,
    ),
    [`Functions with more than ${mostParameters} parameters`]: String(
      functions.filter((each) => each.parameters > mostParameters).length,
    ),
    [`Lines over ${longestLine} columns`]: `${sum((file) => file.long)} (${((100 * sum((file) => file.long)) / lines).toFixed(1)} %)`,
    'Non-null assertions (`!`) per 1,000 lines': ((1000 * sum((file) => file.assertions)) / lines).toFixed(1),
    'Share of lines that are comments': `${((100 * sum((file) => file.comment)) / (lines - sum((file) => file.blank))).toFixed(0)} %`,
    'Cycles of imports, types included': String(importCycles(graph).length),
  };
}

/** The file an import means: sources import `x.js` where `x.ts` or `x.tsx` stands. @param {string} file @param {string} to @param {ReadonlyMap<string, unknown>} known */
function targetOf(file, to, known) {
  const path = posix.join(dirname(file), to);
  return [path, path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')].find((name) => known.has(name)) ?? path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
  const [sources, tests] = [measureTree(root, ['core', 'plugins', 'presets', 'cli']), measureTree(root, ['test'])];
  console.log('| Measure | Sources | Tests |\n| --- | --- | --- |');
  for (const [name, value] of Object.entries(sources)) console.log(`| ${name} | ${value} | ${tests[name]} |`);
}
