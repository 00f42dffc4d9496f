import { lastOf } from '../../../../core/arrays.js';
import type { MatrixUnit, Target } from '../../lower/target.js';
import { lines, repeat } from '../repeat.js';
import type { KernelSource } from '../source.js';
import { enoughWorkgroups, locateTile, splitGrid, tileCount, type Grid, type TileExtents } from './grid.js';
import { finishElement, halfDepth, halfRows, offsetOf, padded, type Factor, type Product } from './product.js';

/** Subgroups of a workgroup along each side, and matrices of the result that each of them computes along each. */
interface Layout {
  readonly down: number;
  readonly across: number;
  readonly rows: number;
  readonly columns: number;
}

/** From much reuse of what is loaded to many workgroups; the last is for few rows, as in decoding. */
const layouts: readonly Layout[] = [
  { down: 2, across: 2, rows: 4, columns: 4 },
  { down: 2, across: 2, rows: 2, columns: 2 },
  { down: 1, across: 4, rows: 1, columns: 2 },
];

const subgroupsOf = (l: Layout): number => l.down * l.across;
/** Elements that pass through workgroup memory at once: a row of matrices of every subgroup. */
const resultsOf = (l: Layout, { m, n }: MatrixUnit): number => subgroupsOf(l) * m * l.columns * n;

const tileOf = (l: Layout, unit: MatrixUnit): TileExtents => ({
  rows: l.down * l.rows * unit.m,
  columns: l.across * l.columns * unit.n,
});

export function chooseLayout(p: Product, unit: MatrixUnit): Layout {
  const last = lastOf(layouts);
  if (p.a.rows <= tileOf(last, unit).rows) return last;
  return layouts.find((l) => tileCount(p, tileOf(l, unit)) >= enoughWorkgroups) ?? last;
}

export const matrixUnitGrid = (p: Product, l: Layout, unit: MatrixUnit): Grid =>
  splitGrid(p, tileOf(l, unit), halfDepth);

/** Invocations that every device allows in a workgroup. */
const maximumInvocations = 256;

/**
 * The unit to be used for a product: its factors are f16 in one buffer each, its extents divide the blocks in which
 * those lie, so that no load passes an end, and the largest layout is no larger than a workgroup.
 */
export function usableUnit(
  { a, b }: Product,
  { matrixUnit: unit, largestBuffer, workgroupBytes }: Target,
): MatrixUnit | undefined {
  if (!unit || ![a, b].every(({ value, scales }) => scales && 4 * value.size <= largestBuffer)) return undefined;
  const divides = halfRows % unit.m === 0 && halfRows % unit.n === 0 && halfDepth % unit.k === 0;
  const fits = layouts.every(
    (l) => 4 * resultsOf(l, unit) <= workgroupBytes && subgroupsOf(l) * unit.subgroupSize <= maximumInvocations,
  );
  return divides && fits ? unit : undefined;
}

/**
 * Every subgroup multiplies matrices straight from memory (neighbouring subgroups find theirs in the cache) and adds up
 * in f32. The results pass through workgroup memory, a row of matrices at a time, because only there it is known which
 * element is which.
 */
export function writeMatrixUnit(source: KernelSource, p: Product, l: Layout, unit: MatrixUnit): void {
  const { m, n, k, subgroupSize } = unit,
    width = l.columns * n;
  for (const extension of ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix']) source.enable(extension);
  declareHandOver(source, p, l, unit);
  const each = (f: (i: number, j: number) => string): string => lines(l.rows, (i) => repeat(l.columns, (j) => f(i, j)));
  const left = loaderOfMatrices(source, p, p.a, { type: `left<f16, ${k}, ${m}>`, order: 'row_major', extent: m });
  const right = loaderOfMatrices(source, p, p.b, { type: `right<f16, ${n}, ${k}>`, order: 'col_major', extent: n });
  source.main(
    [subgroupsOf(l) * subgroupSize],
    `${locateTile(p, matrixUnitGrid(p, l, unit))}
let own_top = top + subgroup / ${l.across}u * ${l.rows * m}u;
let own_left = left + subgroup % ${l.across}u * ${width}u;
${each((i, j) => `var s${i}_${j} = subgroup_matrix_result<f32, ${n}, ${m}>();`)}
for (var d = first; d < last; d += ${k}u) {
${lines(l.rows, (i) => `let x${i} = ${left(`own_top + ${i * m}u`)};`)}
${lines(l.columns, (j) => `let y${j} = ${right(`own_left + ${j * n}u`)};`)}
${each((i, j) => `s${i}_${j} = subgroupMatrixMultiplyAccumulate(x${i}, y${j}, s${i}_${j});`)}
}
let base = subgroup * ${m * width}u;
${lines(
  l.rows,
  (i) => `${lines(
    l.columns,
    (j) => `subgroupMatrixStore<row_major>(&results, base + ${j * n}u, s${i}_${j}, ${width}u);`,
  )}
workgroupBarrier();
hand_on(batch, split, own_top + ${i * m}u, own_left, base, subgroup_lane);
workgroupBarrier();`,
)}`,
  );
}

/** Declares the workgroup memory for results and a function that passes a row of matrices in it to `finish`. */
function declareHandOver(source: KernelSource, p: Product, l: Layout, unit: MatrixUnit): void {
  const width = l.columns * unit.n;
  source.declare(`var<workgroup> results: array<f32, ${resultsOf(l, unit)}>;
fn hand_on(batch: u32, split: u32, top: u32, left: u32, base: u32, lane: u32) {
  for (var e = lane; e < ${unit.m * width}u; e += ${unit.subgroupSize}u) {
    let r = top + e / ${width}u;
    let c = left + e % ${width}u;
    ${finishElement(source, p, { row: 'r', column: 'c', sum: 'results[base + e]' })}
  }
}`);
}

/** How a matrix unit sees matrices of one factor. */
interface MatrixKind {
  /** Without the common prefix. */
  readonly type: string;
  readonly order: 'row_major' | 'col_major';
  /** Along the result. */
  readonly extent: number;
}

/** A function that gives an expression for the matrix from row `first` of a factor on, at depth `d`. */
function loaderOfMatrices(source: KernelSource, p: Product, f: Factor, { type, order, extent }: MatrixKind) {
  const rows = padded(f.rows, halfRows),
    depth = padded(p.depth, halfDepth),
    halves = source.halves(f.value);
  return (first: string): string => {
    const index = `(${offsetOf(p, rows)}min(${first}, ${rows - extent}u)) * ${depth}u + d`;
    return `subgroupMatrixLoad<subgroup_matrix_${type}, ${order}>(&${halves}, ${index}, ${depth}u)`;
  };
}
