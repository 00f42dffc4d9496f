import { count } from '../repeat.js';
import type { KernelSource } from '../source.js';
import { enoughWorkgroups, placeInGrid, splitGrid, tilesOf, type Grid } from './grid.js';
import { elementOf, finishOne, halfDepth, halfRows, offsetOf, padded, type Factor, type Product } from './product.js';

/** Invocations of a workgroup along each side, blocks of 4 × 4 elements of one invocation along each, and depth of the tiles in workgroup memory. */
interface Tiling {
  readonly down: number;
  readonly across: number;
  readonly blocksDown: number;
  readonly blocksAcross: number;
  readonly depth: number;
}

const huge: Tiling = { down: 16, across: 16, blocksDown: 2, blocksAcross: 2, depth: 8 };
const large: Tiling = { down: 16, across: 16, blocksDown: 1, blocksAcross: 1, depth: 16 };
const small: Tiling = { down: 8, across: 8, blocksDown: 1, blocksAcross: 1, depth: 32 };
const wide: Tiling = { down: 4, across: 16, blocksDown: 1, blocksAcross: 1, depth: 32 };

const rowsOf = (t: Tiling): number => 4 * t.down * t.blocksDown,
  columnsOf = (t: Tiling): number => 4 * t.across * t.blocksAcross;

/** The largest tiles of which there are enough to keep a device busy. */
export function chooseTiling(p: Product): Tiling {
  if (p.a.rows <= rowsOf(wide)) return wide;
  return [huge, large].find((t) => tilesOf(p, rowsOf(t), columnsOf(t)) >= enoughWorkgroups) ?? small;
}

export const tiledGrid = (p: Product, t: Tiling): Grid => splitGrid(p, rowsOf(t), columnsOf(t), t.depth);

/**
 * A workgroup loads tiles of both factors into its memory, in vectors of four rows (or columns), and each invocation computes blocks of
 * 4 × 4 elements in registers: two loads of a vector for 16 multiplications, so that workgroup memory does not hold them up.
 */
export function writeTiled(source: KernelSource, p: Product, t: Tiling): void {
  const down = count(4 * t.blocksDown),
    across = count(t.blocksAcross),
    each = (f: (i: number, j: number) => string): string =>
      down.map((i) => across.map((j) => f(i, j)).join(' ')).join('\n');
  source.declare(
    `var<workgroup> tile_a: array<vec4f, ${(t.depth * rowsOf(t)) / 4}>;\nvar<workgroup> tile_b: array<vec4f, ${(t.depth * columnsOf(t)) / 4}>;`,
  );
  source.main(
    [t.across, t.down],
    `${placeInGrid(p, tiledGrid(p, t))}
${each((i, j) => `var s${i}_${j} = vec4f();`)}
for (var start = first; start < last; start += ${t.depth}u) {
${fillTile(source, p, p.a, { tile: 'tile_a', base: 'top', rows: rowsOf(t), depth: t.depth, threads: t.down * t.across })}
${fillTile(source, p, p.b, { tile: 'tile_b', base: 'left', rows: columnsOf(t), depth: t.depth, threads: t.down * t.across })}
workgroupBarrier();
for (var d = 0u; d < ${t.depth}u; d++) {
${count(t.blocksDown)
  .map((i) => `let x${i} = tile_a[d * ${rowsOf(t) / 4}u + local.y + ${i * t.down}u];`)
  .join(' ')}
${across.map((j) => `let y${j} = tile_b[d * ${columnsOf(t) / 4}u + local.x + ${j * t.across}u];`).join(' ')}
${each((i, j) => `s${i}_${j} += x${Math.floor(i / 4)}[${i % 4}] * y${j};`)}
}
workgroupBarrier();
}
var sums = array(${down.flatMap((i) => across.map((j) => `s${i}_${j}`)).join(', ')});
for (var i = 0u; i < ${down.length}u; i++) {
  for (var j = 0u; j < ${4 * across.length}u; j++) {
    let r = top + 4u * (local.y + i / 4u * ${t.down}u) + i % 4u;
    let c = left + 4u * (local.x + j / 4u * ${t.across}u) + j % 4u;
    ${finishOne(source, p, 'r', 'c', `sums[i * ${across.length}u + j / 4u][j % 4u]`)}
  }
}`,
  );
}

interface Tile {
  readonly tile: string;
  readonly base: string;
  readonly rows: number;
  readonly depth: number;
  readonly threads: number;
}

/** Four rows at some depths: statements that load them, and one vector for each depth. */
interface Load {
  readonly depths: number;
  readonly before: string;
  readonly vectors: readonly string[];
}

/** Statements that fill a tile from `start` on, zeros beyond the depth. Neighbouring invocations load neighbours in memory. */
function fillTile(source: KernelSource, p: Product, f: Factor, { tile, base, rows, depth, threads }: Tile): string {
  const load =
    loadHalves(source, p, f) ?? loadAlongDepth(source, p, f) ?? loadAcross(source, p, f) ?? loadSingles(source, p, f);
  const steps = depth / load.depths,
    groups = rows / 4;
  const isWhole = f.scales !== undefined || p.depth % depth === 0;
  const lastRow = f.scales ? padded(f.rows, halfRows) - 4 : f.rows - 1;
  return `for (var e = lane; e < ${steps * groups}u; e += ${threads}u) {
  let g = ${f.alongDepth ? `e / ${steps}u` : `e % ${groups}u`};
  let d = ${f.alongDepth ? `e % ${steps}u` : `e / ${groups}u`} * ${load.depths}u;
  let row = min(${base} + 4u * g, ${lastRow}u);
  let at = ${isWhole ? 'start + d' : `min(start + d, ${p.depth - load.depths}u)`};
  ${load.before}
  ${load.vectors.map((v, i) => `${tile}[(d + ${i}u) * ${groups}u + g] = ${isWhole ? v : `select(vec4f(), ${v}, start + d < last)`};`).join('\n  ')}
}`;
}

const fourRows = (f: (i: number) => string): string => [0, 1, 2, 3].map(f).join(', ');

/** Pairs of f16 along the depth. */
function loadHalves(source: KernelSource, p: Product, { value, rows, scales }: Factor): Load | undefined {
  if (!scales) return undefined;
  const words = padded(p.depth, halfDepth) / 2;
  const before = [0, 1, 2, 3]
    .map(
      (i) =>
        `let h${i} = unpack2x16float(bitcast<u32>(${source.load(value, `${offsetOf(p, padded(rows, halfRows) * words)}(row + ${i}u) * ${words}u + at / 2u`)}));`,
    )
    .join('\n  ');
  return { depths: 2, before, vectors: ['x', 'y'].map((part) => `vec4f(${fourRows((i) => `h${i}.${part}`)})`) };
}

/** Four by four elements, four to a load, turned in registers. */
function loadAlongDepth(source: KernelSource, p: Product, { value, rows, alongDepth }: Factor): Load | undefined {
  if (!alongDepth || p.depth % 4 > 0 || !source.hasVectors(value)) return undefined;
  const before = [0, 1, 2, 3]
    .map(
      (i) =>
        `let v${i} = ${source.loadVector(value, `${offsetOf(p, (rows * p.depth) / 4)}min(row + ${i}u, ${rows - 1}u) * ${p.depth / 4}u + at / 4u`)};`,
    )
    .join('\n  ');
  return { depths: 4, before, vectors: [0, 1, 2, 3].map((d) => `vec4f(${fourRows((i) => `v${i}[${d}]`)})`) };
}

/** Four elements along the result in one load. */
function loadAcross(source: KernelSource, p: Product, { value, rows, alongDepth }: Factor): Load | undefined {
  if (alongDepth || rows % 4 > 0 || !source.hasVectors(value)) return undefined;
  return {
    depths: 1,
    before: '',
    vectors: [source.loadVector(value, `${offsetOf(p, (rows * p.depth) / 4)}at * ${rows / 4}u + row / 4u`)],
  };
}

const loadSingles = (source: KernelSource, p: Product, f: Factor): Load => ({
  depths: 1,
  before: '',
  vectors: [`vec4f(${fourRows((i) => elementOf(source, p, f, `min(row + ${i}u, ${f.rows - 1}u)`, 'at'))})`],
});
