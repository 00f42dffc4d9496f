/**
 * `npm run measures`: figures about the sources that say whether they stay readable, as a Markdown table. With a path
 * it measures another checkout, so that two commits can be compared: `npm run measures -- ../older-checkout`.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { importCycles, importGraph } from './import-graph.mjs';
import { parse, parseTree } from './source-files.mjs';

const maxColumns = 120;
const maxParameters = 4;
const maxFunctionLines = 30;

/**
 * @typedef {{ lines: number, blank: number, comment: number, long: number, assertions: number,
 *   functions: { lines: number, parameters: number }[] }} FileMeasures
 */

/** @param {string} file @param {string} text @returns {FileMeasures} */
export const measureFile = (file, text) => measureSource(parse(file, text));

/** @param {ts.SourceFile} source @returns {FileMeasures} */
function measureSource(source) {
  const { text } = source;
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
    long: lines.filter((line) => line.length > maxColumns).length,
    assertions,
    functions,
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
  const sources = parseTree(root, folders);
  const measured = [...sources.values()].map(measureSource);
  const sum = (/** @type {(file: FileMeasures) => number} */ of) =>
    measured.reduce((total, file) => total + of(file), 0);
  const lines = sum((file) => file.lines);
  const long = sum((file) => file.long);
  const functions = measured.flatMap((file) => file.functions);
  const count = (/** @type {(each: FileMeasures['functions'][number]) => boolean} */ of) =>
    String(functions.filter(of).length);
  const percent = (/** @type {number} */ share, digits = 0) => `${(100 * share).toFixed(digits)} %`;
  return {
    Files: String(sources.size),
    Lines: lines.toLocaleString('en'),
    'Lines of a file: median / 95 % / longest': quantiles(measured.map((file) => file.lines)),
    'Lines of a function: median / 95 % / longest': quantiles(functions.map((each) => each.lines)),
    [`Functions of more than ${maxFunctionLines} lines`]: count((each) => each.lines > maxFunctionLines),
    [`Functions with more than ${maxParameters} parameters`]: count((each) => each.parameters > maxParameters),
    [`Lines over ${maxColumns} columns`]: `${long} (${percent(long / lines, 1)})`,
    'Non-null assertions (`!`) per 1,000 lines': ((1000 * sum((file) => file.assertions)) / lines).toFixed(1),
    'Share of lines that are comments': percent(sum((file) => file.comment) / (lines - sum((file) => file.blank))),
    'Cycles of imports, types included': String(importCycles(importGraph(sources)).length),
  };
}

/** Median, 95 % quantile and maximum. @param {number[]} values */
const quantiles = (values) => [0.5, 0.95, 1].map((share) => quantile(values, share)).join(' / ');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
  const [sources, tests] = [measureTree(root, ['core', 'plugins', 'presets', 'cli']), measureTree(root, ['test'])];
  console.log('| Measure | Sources | Tests |\n| --- | --- | --- |');
  for (const [name, value] of Object.entries(sources)) console.log(`| ${name} | ${value} | ${tests[name]} |`);
}
