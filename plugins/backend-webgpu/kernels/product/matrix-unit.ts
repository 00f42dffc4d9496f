import type { MatrixUnit, Target } from '../../lower/unit.js';
import { count } from '../repeat.js';
import type { KernelSource } from '../source.js';
import { enoughWorkgroups, placeInGrid, splitGrid, tilesOf, type Grid } from './grid.js';
import { finishOne, halfDepth, halfRows, offsetOf, padded, type Factor, type Product } from './product.js';

/** Subgroups of a workgroup along each side, and matrices of the result that each of them holds along each. */
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

const tileRows = (l: Layout, unit: MatrixUnit): number => l.down * l.rows * unit.m,
  tileColumns = (l: Layout, unit: MatrixUnit): number => l.across * l.columns * unit.n;

export function chooseLayout(p: Product, unit: MatrixUnit): Layout {
  const last = layouts.at(-1)!;
  return p.a.rows <= tileRows(last, unit)
    ? last
    : (layouts.find((l) => tilesOf(p, tileRows(l, unit), tileColumns(l, unit)) >= enoughWorkgroups) ?? last);
}

export const matrixUnitGrid = (p: Product, l: Layout, unit: MatrixUnit): Grid =>
  splitGrid(p, tileRows(l, unit), tileColumns(l, unit), halfDepth);

/** Invocations that every device allows in a workgroup. */
const mostInvocations = 256;

/** The unit to be used for a product: its factors are f16 in one buffer each, its extents divide the blocks in which those lie, so that no load passes an end, and the largest layout is no larger than a workgroup. */
export function usableUnit(
  { a, b }: Product,
  { matrixUnit: unit, largestBuffer, workgroupBytes }: Target,
): MatrixUnit | undefined {
  if (!unit || ![a, b].every(({ value, scales }) => scales && 4 * value.size <= largestBuffer)) return undefined;
  const divides = halfRows % unit.m === 0 && halfRows % unit.n === 0 && halfDepth % unit.k === 0;
  const fits = layouts.every(
    (l) => 4 * resultsOf(l, unit) <= workgroupBytes && subgroupsOf(l) * unit.subgroupSize <= mostInvocations,
  );
  return divides && fits ? unit : undefined;
}

/**
 * Every subgroup multiplies matrices straight from memory (neighbouring subgroups find theirs in the cache) and adds up in f32. The results
 * pass through workgroup memory, a row of matrices at a time, because only there it is known which element is which.
 */
export function writeMatrixUnit(source: KernelSource, p: Product, l: Layout, unit: MatrixUnit): void {
  const { m, n, k, subgroupSize } = unit,
    width = l.columns * n;
  const down = count(l.rows),
    across = count(l.columns),
    depth = padded(p.depth, halfDepth);
  const each = (f: (i: number, j: number) => string): string =>
    down.map((i) => across.map((j) => f(i, j)).join(' ')).join('\n');
  const load = (f: Factor, type: string, order: string, first: string, extent: number): string =>
    `subgroupMatrixLoad<${type}, ${order}>(&${source.halves(f.value)}, (${offsetOf(p, padded(f.rows, halfRows))}min(${first}, ${padded(f.rows, halfRows) - extent}u)) * ${depth}u + d, ${depth}u)`;
  for (const extension of ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix']) source.enable(extension);
  source.declare(`var<workgroup> results: array<f32, ${resultsOf(l, unit)}>;
fn hand_on(batch: u32, split: u32, top: u32, left: u32, base: u32, lane: u32) {
  for (var e = lane; e < ${m * width}u; e += ${subgroupSize}u) {
    let r = top + e / ${width}u;
    let c = left + e % ${width}u;
    ${finishOne(source, p, 'r', 'c', 'results[base + e]')}
  }
}`);
  source.main(
    [subgroupsOf(l) * subgroupSize],
    `${placeInGrid(p, matrixUnitGrid(p, l, unit))}
let own_top = top + subgroup / ${l.across}u * ${l.rows * m}u;
let own_left = left + subgroup % ${l.across}u * ${width}u;
${each((i, j) => `var s${i}_${j} = subgroup_matrix_result<f32, ${n}, ${m}>();`)}
for (var d = first; d < last; d += ${k}u) {
${down.map((i) => `let x${i} = ${load(p.a, `subgroup_matrix_left<f16, ${k}, ${m}>`, 'row_major', `own_top + ${i * m}u`, m)};`).join('\n')}
${across.map((j) => `let y${j} = ${load(p.b, `subgroup_matrix_right<f16, ${n}, ${k}>`, 'col_major', `own_left + ${j * n}u`, n)};`).join('\n')}
${each((i, j) => `s${i}_${j} = subgroupMatrixMultiplyAccumulate(x${i}, y${j}, s${i}_${j});`)}
}
let base = subgroup * ${m * width}u;
${down
  .map(
    (
      i,
    ) => `${across.map((j) => `subgroupMatrixStore<row_major>(&results, base + ${j * n}u, s${i}_${j}, ${width}u);`).join('\n')}
workgroupBarrier();
hand_on(batch, split, own_top + ${i * m}u, own_left, base, subgroup_lane);
workgroupBarrier();`,
  )
  .join('\n')}`,
  );
}
