import type { KernelSource } from '../source.js';
import { placeInGrid, type Grid } from './grid.js';
import { elementOf, finishOne, halfDepth, halfRows, offsetOf, padded, type Factor, type Product } from './product.js';

/** Rows and columns that one invocation computes, and invocations of a workgroup along each. */
const block = 4, side = 8;

export const directGrid = (p: Product): Grid => ({ rows: block * side, columns: block * side, splits: 1, chunk: p.depth });

const four = (f: (i: number) => string, separator = ' '): string => [0, 1, 2, 3].map(f).join(separator);

/** Every invocation computes a small block straight from memory: best where workgroup memory is no faster than a cache. */
export function writeDirect(source: KernelSource, p: Product): void {
  source.main([side, side], `${placeInGrid(p, directGrid(p))}
let row = top + local.y * ${block}u;
let column = left + local.x * ${block}u;
if (row >= ${p.a.rows}u || column >= ${p.b.rows}u) { return; }
${four((i) => `let r${i} = min(row + ${i}u, ${p.a.rows - 1}u);`)}
${four((j) => `let c${j} = min(column + ${j}u, ${p.b.rows - 1}u);`)}
${four((i) => `var s${i} = vec4f();`)}
${p.a.scales ? byHalves(source, p) : byVectors(source, p) ?? bySingles(source, p)}
var sums = array(${four((i) => `s${i}`, ', ')});
for (var i = 0u; i < ${block}u; i++) {
  for (var j = 0u; j < ${block}u; j++) {
    let r = row + i;
    let c = column + j;
    ${finishOne(source, p, 'r', 'c', 'sums[i][j]')}
  }
}`);
}

const bySingles = (source: KernelSource, p: Product): string => `for (var d = 0u; d < ${p.depth}u; d++) {
  let y = vec4f(${four((j) => elementOf(source, p, p.b, `c${j}`, 'd'), ', ')});
  ${four((i) => `s${i} += ${elementOf(source, p, p.a, `r${i}`, 'd')} * y;`)}
}`;

/** The same with four elements to a load, where the extents allow it; undefined where not. */
function byVectors(source: KernelSource, p: Product): string | undefined {
  const { a, b, depth } = p;
  if (!source.hasVectors(a.value) || !source.hasVectors(b.value)) return undefined;
  const load = ({ value, rows }: Factor, index: string): string => source.loadVector(value, `${offsetOf(p, (rows * depth) / 4)}${index}`);
  const acrossOf = (f: Factor, place: string, d: string): string => load(f, `${d} * ${f.rows / 4}u + ${place} / 4u`);
  if (!a.alongDepth) {
    if (b.alongDepth || a.rows % 4 > 0 || b.rows % 4 > 0) return undefined;
    return `for (var d = 0u; d < ${depth}u; d++) {
  let x = ${acrossOf(a, 'row', 'd')};
  let y = ${acrossOf(b, 'column', 'd')};
  ${four((i) => `s${i} += x[${i}] * y;`)}
}`;
  }
  if (depth % 4 > 0 || (!b.alongDepth && b.rows % 4 > 0)) return undefined;
  const along = (f: Factor, place: string): string => load(f, `${place} * ${depth / 4}u + d`);
  return `for (var d = 0u; d < ${depth / 4}u; d++) {
  ${four((i) => `let x${i} = ${along(a, `r${i}`)};`)}
  ${four((j) => `let y${j} = ${b.alongDepth ? along(b, `c${j}`) : acrossOf(b, 'column', `(4u * d + ${j}u)`)};`)}
  ${four((i) => (b.alongDepth ? `s${i} += vec4f(${four((j) => `dot(x${i}, y${j})`, ', ')});` : `s${i} += ${four((j) => `x${i}[${j}] * y${j}`, ' + ')};`))}
}`;
}

/** Both factors are f16, eight elements to 128 bits. */
function byHalves(source: KernelSource, p: Product): string {
  const depth = padded(p.depth, halfDepth);
  const load = (f: Factor, name: string, place: string): string => `let ${name}_at = ${offsetOf(p, padded(f.rows, halfRows) * (depth / 2))}${place} * ${depth / 2}u + d;
  let ${name} = array(${four((e) => `unpack2x16float(bitcast<u32>(${source.load(f.value, `${name}_at + ${e}u`)}))`, ', ')});`;
  return `for (var d = 0u; d < ${depth / 2}u; d += 4u) {
  ${four((i) => load(p.a, `x${i}`, `r${i}`), '\n  ')}
  ${four((j) => load(p.b, `y${j}`, `c${j}`), '\n  ')}
  ${four((i) => `s${i} += vec4f(${four((j) => four((e) => `dot(x${i}[${e}], y${j}[${e}])`, ' + '), ', ')});`)}
}`;
}
