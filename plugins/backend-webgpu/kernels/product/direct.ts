import { repeat } from '../repeat.js';
import type { KernelSource } from '../source.js';
import { placeInGrid, type Grid } from './grid.js';
import { elementOf, finishOne, halfDepth, halfRows, offsetOf, padded, type Factor, type Product } from './product.js';

/** Invocations of a workgroup along each side. */
const side = 8;
/** Elements of a result from which on there are invocations enough with larger blocks. */
const manyElements = 2 ** 14;

/** Groups of four rows, and of four columns, that one invocation computes: the more, the fewer loads to a multiplication. */
const quadsOf = ({ a, b, batch }: Product): number => (batch * a.rows * b.rows >= manyElements ? 2 : 1);

export function directGrid(p: Product): Grid {
  const tile = 4 * quadsOf(p) * side;
  return { rows: tile, columns: tile, splits: 1, chunk: p.depth };
}

/** Every invocation computes a small block straight from memory: best where workgroup memory is no faster than a cache. */
export function writeDirect(source: KernelSource, p: Product): void {
  const quads = quadsOf(p),
    block = 4 * quads;
  source.main(
    [side, side],
    `${placeInGrid(p, directGrid(p))}
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
    ${finishOne(source, p, 'r', 'c', `sums[i * ${quads}u + j / 4u][j % 4u]`)}
  }
}`,
  );
}

/** Adds to every sum; `term` gives the vector for row i and the four columns of group g. */
const addAll = (quads: number, term: (i: number, g: number) => string): string =>
  repeat(4 * quads, (i) => repeat(quads, (g) => `s${i}_${g} += ${term(i, g)};`));

const bySingles = (source: KernelSource, p: Product, quads: number): string => `for (var d = 0u; d < ${p.depth}u; d++) {
  ${repeat(quads, (g) => `let y${g} = vec4f(${repeat(4, (j) => elementOf(source, p, p.b, `c${4 * g + j}`, 'd'), ', ')});`)}
  ${repeat(4 * quads, (i) => `let x${i} = ${elementOf(source, p, p.a, `r${i}`, 'd')};`)}
  ${addAll(quads, (i, g) => `x${i} * y${g}`)}
}`;

/** The same with four elements to a load, where the extents allow it; undefined where not. */
function byVectors(source: KernelSource, p: Product, quads: number): string | undefined {
  const { a, b, depth } = p,
    fours = (f: Factor): boolean => (f.alongDepth ? depth : f.rows) % 4 === 0 && source.hasVectors(f.value);
  if (!fours(a) || !fours(b) || (!a.alongDepth && b.alongDepth)) return undefined;
  const load = ({ value, rows }: Factor, index: string): string =>
    source.loadVector(value, `${offsetOf(p, (rows * depth) / 4)}${index}`);
  const across = (f: Factor, place: string, d: string): string => load(f, `${d} * ${f.rows / 4}u + ${place} / 4u`);
  const along = (f: Factor, place: string): string => load(f, `${place} * ${depth / 4}u + d`);
  if (!a.alongDepth) {
    return `for (var d = 0u; d < ${depth}u; d++) {
  ${repeat(quads, (g) => `let x${g} = ${across(a, `r${4 * g}`, 'd')}; let y${g} = ${across(b, `c${4 * g}`, 'd')};`)}
  ${addAll(quads, (i, g) => `x${Math.floor(i / 4)}[${i % 4}] * y${g}`)}
}`;
  }
  const columns = b.alongDepth
    ? repeat(4 * quads, (j) => `let y${j} = ${along(b, `c${j}`)};`)
    : repeat(4, (e) => repeat(quads, (g) => `let y${e}_${g} = ${across(b, `c${4 * g}`, `(4u * d + ${e}u)`)};`));
  return `for (var d = 0u; d < ${depth / 4}u; d++) {
  ${repeat(4 * quads, (i) => `let x${i} = ${along(a, `r${i}`)};`)}
  ${columns}
  ${addAll(quads, (i, g) => (b.alongDepth ? `vec4f(${repeat(4, (j) => `dot(x${i}, y${4 * g + j})`, ', ')})` : repeat(4, (e) => `x${i}[${e}] * y${e}_${g}`, ' + ')))}
}`;
}

/** Both factors are f16, eight elements to 128 bits. */
function byHalves(source: KernelSource, p: Product, quads: number): string {
  const words = padded(p.depth, halfDepth) / 2;
  const load = (
    f: Factor,
    name: string,
    place: string,
  ): string => `let ${name}_at = ${offsetOf(p, padded(f.rows, halfRows) * words)}${place} * ${words}u + d;
  let ${name} = array(${repeat(4, (e) => `unpack2x16float(bitcast<u32>(${source.load(f.value, `${name}_at + ${e}u`)}))`, ', ')});`;
  return `for (var d = 0u; d < ${words}u; d += 4u) {
  ${repeat(4 * quads, (i) => load(p.a, `x${i}`, `r${i}`), '\n  ')}
  ${repeat(4 * quads, (j) => load(p.b, `y${j}`, `c${j}`), '\n  ')}
  ${addAll(quads, (i, g) => `vec4f(${repeat(4, (j) => repeat(4, (e) => `dot(x${i}[${e}], y${4 * g + j}[${e}])`, ' + '), ', ')})`)}
}`;
}
