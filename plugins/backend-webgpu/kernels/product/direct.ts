import { repeat } from '../repeat.js';
import type { KernelSource } from '../source.js';
import { locateTile, type Grid } from './grid.js';
import {
  finishElement,
  halfDepth,
  halfRows,
  loaderOf,
  offsetOf,
  padded,
  resultSize,
  type Factor,
  type Product,
} from './product.js';

/** Invocations of a workgroup along each side. */
const side = 8;
/** Elements of a result from which on there are enough invocations with larger blocks. */
const manyElements = 2 ** 14;

/** Groups of four rows, and of four columns, that one invocation computes: the more, the fewer loads per product. */
const quadsOf = (p: Product): number => (resultSize(p) >= manyElements ? 2 : 1);

export function directGrid(p: Product): Grid {
  const tile = 4 * quadsOf(p) * side;
  return { rows: tile, columns: tile, splits: 1, chunk: p.depth };
}

/**
 * Every invocation computes a small block straight from memory: best where workgroup memory is no faster than a cache.
 */
export function writeDirect(source: KernelSource, p: Product): void {
  const quads = quadsOf(p),
    block = 4 * quads;
  source.main(
    [side, side],
    `${locateTile(p, directGrid(p))}
let row = top + local.y * ${block}u;
let column = left + local.x * ${block}u;
if (row >= ${p.a.rows}u || column >= ${p.b.rows}u) { return; }
${repeat(block, (i) => `let r${i} = min(row + ${i}u, ${p.a.rows - 1}u);`)}
${repeat(block, (j) => `let c${j} = min(column + ${j}u, ${p.b.rows - 1}u);`)}
${repeat(block, (i) => repeat(quads, (g) => `var s${i}_${g} = vec4f();`))}
${p.a.scales ? byHalves(source, p, quads) : (byVectors(source, p, quads) ?? bySingles(source, p, quads))}
var sums = array(${repeat(block, (i) => repeat(quads, (g) => `s${i}_${g}`, ', '), ', ')});
for (var i = 0u; i < ${block}u; i++) {
  for (var j = 0u; j < ${block}u; j++) {
    let r = row + i;
    let c = column + j;
    ${finishElement(source, p, { row: 'r', column: 'c', sum: `sums[i * ${quads}u + j / 4u][j % 4u]` })}
  }
}`,
  );
}

/** Adds to every sum; `term` gives the vector for row i and the four columns of group g. */
const addAll = (quads: number, term: (i: number, g: number) => string): string =>
  repeat(4 * quads, (i) => repeat(quads, (g) => `s${i}_${g} += ${term(i, g)};`));

/** A vector of four expressions. */
const four = (item: (i: number) => string): string => `vec4f(${repeat(4, item, ', ')})`;

function bySingles(source: KernelSource, p: Product, quads: number): string {
  const a = loaderOf(source, p, p.a),
    b = loaderOf(source, p, p.b);
  return `for (var d = 0u; d < ${p.depth}u; d++) {
  ${repeat(quads, (g) => `let y${g} = ${four((j) => b(`c${4 * g + j}`, 'd'))};`)}
  ${repeat(4 * quads, (i) => `let x${i} = ${a(`r${i}`, 'd')};`)}
  ${addAll(quads, (i, g) => `x${i} * y${g}`)}
}`;
}

/** The same with four elements per load, where the extents allow it; undefined where not. */
function byVectors(source: KernelSource, p: Product, quads: number): string | undefined {
  const { a, b, depth } = p;
  const hasVectors = (f: Factor): boolean => (f.alongDepth ? depth : f.rows) % 4 === 0 && source.hasVectors(f.value);
  if (!hasVectors(a) || !hasVectors(b) || (!a.alongDepth && b.alongDepth)) return undefined;
  const load = ({ value, rows }: Factor, index: string): string =>
    source.loadVector(value, `${offsetOf(p, (rows * depth) / 4)}${index}`);
  const across = (f: Factor, row: string, d: string): string => load(f, `${d} * ${f.rows / 4}u + ${row} / 4u`);
  const along = (f: Factor, row: string): string => load(f, `${row} * ${depth / 4}u + d`);
  if (!a.alongDepth) {
    return `for (var d = 0u; d < ${depth}u; d++) {
  ${repeat(quads, (g) => `let x${g} = ${across(a, `r${4 * g}`, 'd')}; let y${g} = ${across(b, `c${4 * g}`, 'd')};`)}
  ${addAll(quads, (i, g) => `x${Math.floor(i / 4)}[${i % 4}] * y${g}`)}
}`;
  }
  const columns = b.alongDepth
    ? repeat(4 * quads, (j) => `let y${j} = ${along(b, `c${j}`)};`)
    : repeat(4, (e) => repeat(quads, (g) => `let y${e}_${g} = ${across(b, `c${4 * g}`, `(4u * d + ${e}u)`)};`));
  const term = (i: number, g: number): string =>
    b.alongDepth ? four((j) => `dot(x${i}, y${4 * g + j})`) : repeat(4, (e) => `x${i}[${e}] * y${e}_${g}`, ' + ');
  return `for (var d = 0u; d < ${depth / 4}u; d++) {
  ${repeat(4 * quads, (i) => `let x${i} = ${along(a, `r${i}`)};`)}
  ${columns}
  ${addAll(quads, term)}
}`;
}

/** Both factors are f16, eight elements per 128 bits. */
function byHalves(source: KernelSource, p: Product, quads: number): string {
  const words = padded(p.depth, halfDepth) / 2;
  const load = ({ value, rows }: Factor, name: string, row: string): string => {
    const pair = (e: number): string => `unpack2x16float(bitcast<u32>(${source.load(value, `${name}_at + ${e}u`)}))`;
    return `let ${name}_at = ${offsetOf(p, padded(rows, halfRows) * words)}${row} * ${words}u + d;
  let ${name} = array(${repeat(4, pair, ', ')});`;
  };
  const term = (i: number, g: number): string =>
    four((j) => repeat(4, (e) => `dot(x${i}[${e}], y${4 * g + j}[${e}])`, ' + '));
  return `for (var d = 0u; d < ${words}u; d += 4u) {
  ${repeat(4 * quads, (i) => load(p.a, `x${i}`, `r${i}`), '\n  ')}
  ${repeat(4 * quads, (j) => load(p.b, `y${j}`, `c${j}`), '\n  ')}
  ${addAll(quads, term)}
}`;
}
