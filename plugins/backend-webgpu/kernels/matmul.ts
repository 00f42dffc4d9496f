import type { Node } from '../../../core/tensor/graph.js';
import { sizeOf } from '../../../core/tensor/types.js';
import { maxWorkgroups, type Workgroups } from '../lower/kernel.js';
import type { Producer, Target } from '../lower/unit.js';
import type { Value } from '../lower/value.js';
import type { KernelSource } from './source.js';

/** A batched product [batch, m, k] × [batch, k, n] of matrices in memory, each possibly stored transposed. */
export interface Product {
  readonly a: Value;
  readonly b: Value;
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA: boolean;
  readonly transB: boolean;
}

/** The extents of a product node whose operands are `a` and `b`. */
export function productOf(node: Node, a: Value, b: Value): Product {
  const { shape } = node.outputs[0]!;
  const [m, n] = shape.slice(-2) as [number, number], batch = sizeOf(shape.slice(0, -2));
  return { a, b, batch, m, n, k: a.size / (batch * m), transA: node.attributes['transA'] === true, transB: node.attributes['transB'] === true };
}

/** Tile of one workgroup, elements of one invocation, and depth of the tile in workgroup memory. */
interface Tiling { readonly rows: number; readonly columns: number; readonly perRow: number; readonly perColumn: number; readonly depth: number }

const large: Tiling = { rows: 64, columns: 64, perRow: 4, perColumn: 4, depth: 16 };
const wide: Tiling = { rows: 16, columns: 64, perRow: 2, perColumn: 4, depth: 32 };
const small: Tiling = { rows: 32, columns: 32, perRow: 2, perColumn: 2, depth: 32 };

/** Enough workgroups to keep a device busy: below this smaller tiles are better. */
const enoughWorkgroups = 128;

/** The kernel for a product: chosen by its extents and by the kind of device. */
export function matmul(p: Product, target: Target, output: Value): Producer {
  const name = `matmul ${p.batch > 1 ? `${p.batch} of ` : ''}${p.m}x${p.k}x${p.n}${p.transA ? ' Aᵀ' : ''}${p.transB ? ' Bᵀ' : ''}`;
  const shared = { size: p.batch * p.m * p.n, output, reads: new Map([[p.a, 'anywhere'], [p.b, 'anywhere']] as const), before: [] };
  if (target.isCpu) return { ...shared, label: name, workgroups: directGrid(p), write: (source) => writeDirect(source, p) };
  const tiling = chooseTiling(p);
  const workgroups: Workgroups = [Math.ceil(p.n / tiling.columns), Math.ceil(p.m / tiling.rows), Math.min(p.batch, maxWorkgroups)];
  return { ...shared, label: name, workgroups, write: (source) => writeTiled(source, p, tiling) };
}

function chooseTiling(p: Product): Tiling {
  if (p.m <= 16) return wide;
  return Math.ceil(p.m / large.rows) * Math.ceil(p.n / large.columns) * p.batch >= enoughWorkgroups ? large : small;
}

/** Expressions for one element of each operand. */
const elementA = (source: KernelSource, p: Product, row: string, depth: string): string => source.load(p.a, `${p.batch > 1 ? `batch * ${p.m * p.k}u + ` : ''}${p.transA ? `${depth} * ${p.m}u + ${row}` : `${row} * ${p.k}u + ${depth}`}`);
const elementB = (source: KernelSource, p: Product, depth: string, column: string): string => source.load(p.b, `${p.batch > 1 ? `batch * ${p.k * p.n}u + ` : ''}${p.transB ? `${column} * ${p.k}u + ${depth}` : `${depth} * ${p.n}u + ${column}`}`);
const resultIndex = (p: Product, row: string, column: string): string => `${p.batch > 1 ? `batch * ${p.m * p.n}u + ` : ''}(${row}) * ${p.n}u + ${column}`;

/** Hands every sum of an invocation on, in loops: written out, what follows a product would be compiled once for each of them. */
const finishAll = (p: Product, rows: number, columns: number, at: { readonly row: string; readonly column: string; readonly sum: string }): string => `for (var i = 0u; i < ${rows}u; i++) {
  for (var j = 0u; j < ${columns}u; j++) {
    let r = ${at.row};
    let c = ${at.column};
    if (r < ${p.m}u && c < ${p.n}u) { finish(${resultIndex(p, 'r', 'c')}, ${at.sum}); }
  }
}`;

/** Rows and columns that one invocation computes without workgroup memory. */
const direct = 4;

function directGrid(p: Product): Workgroups {
  const across = Math.ceil(p.n / direct), down = Math.ceil(p.m / direct);
  return [Math.ceil(across / 8), Math.ceil(down / 8), p.batch];
}

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Every invocation computes a small block straight from memory: best where workgroup memory is no faster than a cache. */
function writeDirect(source: KernelSource, p: Product): void {
  const each = (f: (i: number) => string): string => count(direct).map(f).join(' ');
  source.main([8, 8], `let batch = group.z;
let row = (group.y * 8u + local.y) * ${direct}u;
let column = (group.x * 8u + local.x) * ${direct}u;
if (row >= ${p.m}u || column >= ${p.n}u) { return; }
${each((i) => `let r${i} = min(row + ${i}u, ${p.m - 1}u);`)}
${each((j) => `let c${j} = min(column + ${j}u, ${p.n - 1}u);`)}
${each((i) => `var s${i} = vec4f();`)}
${byVectors(source, p) ?? bySingles(source, p)}
var sums = array(${count(direct).map((i) => `s${i}`).join(', ')});
${finishAll(p, direct, direct, { row: 'row + i', column: 'column + j', sum: 'sums[i][j]' })}`);
}

function bySingles(source: KernelSource, p: Product): string {
  return `for (var d = 0u; d < ${p.k}u; d++) {
  let y = vec4f(${count(direct).map((j) => elementB(source, p, 'd', `c${j}`)).join(', ')});
  ${count(direct).map((i) => `s${i} += ${elementA(source, p, `r${i}`, 'd')} * y;`).join(' ')}
}`;
}

/** The same with four elements to a load, where the extents allow it; undefined where not. */
function byVectors(source: KernelSource, { a, b, batch, m, n, k, transA, transB }: Product): string | undefined {
  if (!source.hasVectors(a) || !source.hasVectors(b) || (transA && transB)) return undefined;
  const offset = (size: number): string => (batch > 1 ? `batch * ${size / 4}u + ` : '');
  const four = (f: (i: number) => string): string => count(direct).map(f).join(' ');
  const rowsOfA = (): string => four((i) => `let x${i} = ${source.loadVector(a, `${offset(m * k)}r${i} * ${k / 4}u + d`)};`);
  if (transA) {
    if (m % 4 > 0 || n % 4 > 0) return undefined;
    return `for (var d = 0u; d < ${k}u; d++) {
  let x = ${source.loadVector(a, `${offset(m * k)}d * ${m / 4}u + row / 4u`)};
  let y = ${source.loadVector(b, `${offset(k * n)}d * ${n / 4}u + column / 4u`)};
  ${four((i) => `s${i} += x[${i}] * y;`)}
}`;
  }
  if (k % 4 > 0 || (!transB && n % 4 > 0)) return undefined;
  if (transB) {
    return `for (var d = 0u; d < ${k / 4}u; d++) {
  ${rowsOfA()}
  ${four((j) => `let y${j} = ${source.loadVector(b, `${offset(k * n)}c${j} * ${k / 4}u + d`)};`)}
  ${four((i) => `s${i} += vec4f(${count(direct).map((j) => `dot(x${i}, y${j})`).join(', ')});`)}
}`;
  }
  return `for (var d = 0u; d < ${k / 4}u; d++) {
  ${rowsOfA()}
  ${four((e) => `let y${e} = ${source.loadVector(b, `${offset(k * n)}(4u * d + ${e}u) * ${n / 4}u + column / 4u`)};`)}
  ${four((i) => `s${i} += x${i}[0] * y0 + x${i}[1] * y1 + x${i}[2] * y2 + x${i}[3] * y3;`)}
}`;
}

/** A workgroup loads tiles of both operands into its memory, each invocation computes a block of the result in registers. */
function writeTiled(source: KernelSource, p: Product, t: Tiling): void {
  const across = t.columns / t.perColumn, down = t.rows / t.perRow, threads = across * down;
  source.declare(`var<workgroup> tile_a: array<f32, ${t.depth * (t.rows + 1)}>;\nvar<workgroup> tile_b: array<f32, ${t.depth * (t.columns + 1)}>;`);
  const rows = count(t.perRow), columns = count(t.perColumn);
  source.main([across, down], `let batch = group.z;
let top = group.y * ${t.rows}u;
let left = group.x * ${t.columns}u;
${rows.map((i) => columns.map((j) => `var s${i}_${j} = 0.0;`).join(' ')).join('\n')}
for (var start = 0u; start < ${p.k}u; start += ${t.depth}u) {
  for (var e = lane; e < ${t.depth * t.rows}u; e += ${threads}u) {
    let r = ${p.transA ? `e % ${t.rows}u` : `e / ${t.depth}u`};
    let d = ${p.transA ? `e / ${t.rows}u` : `e % ${t.depth}u`};
    var x = 0.0;
    if (top + r < ${p.m}u && start + d < ${p.k}u) { x = ${elementA(source, p, '(top + r)', '(start + d)')}; }
    tile_a[d * ${t.rows + 1}u + r] = x;
  }
  for (var e = lane; e < ${t.depth * t.columns}u; e += ${threads}u) {
    let c = ${p.transB ? `e / ${t.depth}u` : `e % ${t.columns}u`};
    let d = ${p.transB ? `e % ${t.depth}u` : `e / ${t.columns}u`};
    var x = 0.0;
    if (left + c < ${p.n}u && start + d < ${p.k}u) { x = ${elementB(source, p, '(start + d)', '(left + c)')}; }
    tile_b[d * ${t.columns + 1}u + c] = x;
  }
  workgroupBarrier();
  for (var d = 0u; d < ${t.depth}u; d++) {
    ${rows.map((i) => `let x${i} = tile_a[d * ${t.rows + 1}u + local.y + ${i * down}u];`).join(' ')}
    ${columns.map((j) => `let y${j} = tile_b[d * ${t.columns + 1}u + local.x + ${j * across}u];`).join(' ')}
    ${rows.map((i) => columns.map((j) => `s${i}_${j} = fma(x${i}, y${j}, s${i}_${j});`).join(' ')).join('\n    ')}
  }
  workgroupBarrier();
}
var sums = array(${rows.flatMap((i) => columns.map((j) => `s${i}_${j}`)).join(', ')});
${finishAll(p, t.perRow, t.perColumn, { row: `top + local.y + i * ${down}u`, column: `left + local.x + j * ${across}u`, sum: `sums[i * ${t.perColumn}u + j]` })}`);
}
