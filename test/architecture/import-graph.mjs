import { dirname, posix } from 'node:path';
import { importsOf } from './source-files.mjs';

/** @typedef {import('typescript').SourceFile} SourceFile */
/** @typedef {ReadonlyMap<string, readonly string[]>} ImportGraph file to the files it imports */

/**
 * Who imports whom among the sources, types included.
 * @param {ReadonlyMap<string, SourceFile>} sources by path relative to the repository, with `/`
 * @returns {ImportGraph}
 */
export function importGraph(sources) {
  return new Map([...sources].map(([file, source]) => [file, importedFiles(file, source, sources)]));
}

/** @param {string} file @param {SourceFile} source @param {ReadonlyMap<string, unknown>} known */
const importedFiles = (file, source, known) =>
  importsOf(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => targetOf(posix.join(dirname(file), specifier), known));

/**
 * The file that a path means: sources import `x.js`, which is compiled from `x.ts` or `x.tsx`.
 * @param {string} path
 * @param {ReadonlyMap<string, unknown>} known
 */
const targetOf = (path, known) =>
  [path, path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')].find((name) => known.has(name)) ?? path;

/**
 * Sets of files that import each other in a cycle, types included; each set sorted.
 * @param {ImportGraph} graph
 * @returns {string[][]}
 */
export function importCycles(graph) {
  // Tarjan's algorithm: a strongly connected component of more than one file is a cycle.
  const index = new Map();
  const low = new Map();
  const stack = /** @type {string[]} */ ([]);
  const found = /** @type {string[][]} */ ([]);
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
