import { range, repeat, lines } from '../repeat.js';
import type { KernelSource } from '../source.js';
import { enoughWorkgroups, locateTile, splitGrid, tileCount, type Grid, type TileExtents } from './grid.js';
import {
  finishElement,
  halfDepth,
  halfRows,
  loaderOf,
  offsetOf,
  padded,
  type Factor,
  type Product,
} from './product.js';

/**
 * Invocations of a workgroup along each side, blocks of 4 × 4 elements of one invocation along each, and depth of the
 * tiles in workgroup memory.
 */
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

const extentsOf = (t: Tiling): TileExtents => ({
  rows: 4 * t.down * t.blocksDown,
  columns: 4 * t.across * t.blocksAcross,
});

/** The largest tiles of which there are enough to keep a device busy. */
export function chooseTiling(p: Product): Tiling {
  if (p.a.rows <= extentsOf(wide).rows) return wide;
  return [huge, large].find((t) => tileCount(p, extentsOf(t)) >= enoughWorkgroups) ?? small;
}

export const tiledGrid = (p: Product, t: Tiling): Grid => splitGrid(p, extentsOf(t), t.depth);

/**
 * A workgroup loads tiles of both factors into its memory, in vectors of four rows (or columns), and each invocation
 * computes blocks of 4 × 4 elements in registers: two loads of a vector for 16 multiplications, so that workgroup
 * memory is not the bottleneck.
 */
export function writeTiled(source: KernelSource, p: Product, t: Tiling): void {
  const { rows, columns } = extentsOf(t),
    down = 4 * t.blocksDown,
    across = t.blocksAcross,
    tile = { depth: t.depth, threads: t.down * t.across };
  const each = (f: (i: number, j: number) => string): string => lines(down, (i) => repeat(across, (j) => f(i, j)));
  const sums = range(down).flatMap((i) => range(across).map((j) => `s${i}_${j}`));
  source.declare(`var<workgroup> tile_a: array<vec4f, ${(t.depth * rows) / 4}>;
var<workgroup> tile_b: array<vec4f, ${(t.depth * columns) / 4}>;`);
  source.main(
    [t.across, t.down],
    `${locateTile(p, tiledGrid(p, t))}
${each((i, j) => `var s${i}_${j} = vec4f();`)}
for (var start = first; start < last; start += ${t.depth}u) {
${fillTile(source, p, p.a, { ...tile, name: 'tile_a', base: 'top', rows })}
${fillTile(source, p, p.b, { ...tile, name: 'tile_b', base: 'left', rows: columns })}
workgroupBarrier();
for (var d = 0u; d < ${t.depth}u; d++) {
${repeat(t.blocksDown, (i) => `let x${i} = tile_a[d * ${rows / 4}u + local.y + ${i * t.down}u];`)}
${repeat(across, (j) => `let y${j} = tile_b[d * ${columns / 4}u + local.x + ${j * t.across}u];`)}
${each((i, j) => `s${i}_${j} += x${Math.floor(i / 4)}[${i % 4}] * y${j};`)}
}
workgroupBarrier();
}
var sums = array(${sums.join(', ')});
for (var i = 0u; i < ${down}u; i++) {
  for (var j = 0u; j < ${4 * across}u; j++) {
    let r = top + 4u * (local.y + i / 4u * ${t.down}u) + i % 4u;
    let c = left + 4u * (local.x + j / 4u * ${t.across}u) + j % 4u;
    ${finishElement(source, p, { row: 'r', column: 'c', sum: `sums[i * ${across}u + j / 4u][j % 4u]` })}
  }
}`,
  );
}

/** A tile of one factor in workgroup memory. */
interface Tile {
  readonly name: string;
  /** Its first row in the factor. */
  readonly base: string;
  readonly rows: number;
  readonly depth: number;
  /** Invocations that fill it. */
  readonly threads: number;
}

/** Four rows at some depths: statements that load them, and one vector for each depth. */
interface Load {
  readonly depths: number;
  readonly before: string;
  readonly vectors: readonly string[];
}

/**
 * Statements that fill a tile from `start` on, zeros beyond the depth. Neighbouring invocations load neighbours in
 * memory.
 */
function fillTile(source: KernelSource, p: Product, f: Factor, { name, base, rows, depth, threads }: Tile): string {
  const load =
    loadHalves(source, p, f) ?? loadAlongDepth(source, p, f) ?? loadAcross(source, p, f) ?? loadSingles(source, p, f);
  const steps = depth / load.depths,
    groups = rows / 4;
  const isWhole = f.scales !== undefined || p.depth % depth === 0;
  const lastRow = f.scales ? padded(f.rows, halfRows) - 4 : f.rows - 1;
  const stores = load.vectors.map((vector, i) => {
    const element = isWhole ? vector : `select(vec4f(), ${vector}, start + d < last)`;
    return `${name}[(d + ${i}u) * ${groups}u + g] = ${element};`;
  });
  return `for (var e = lane; e < ${steps * groups}u; e += ${threads}u) {
  let g = ${f.alongDepth ? `e / ${steps}u` : `e % ${groups}u`};
  let d = ${f.alongDepth ? `e % ${steps}u` : `e / ${groups}u`} * ${load.depths}u;
  let row = min(${base} + 4u * g, ${lastRow}u);
  let at = ${isWhole ? 'start + d' : `min(start + d, ${p.depth - load.depths}u)`};
  ${load.before}
  ${stores.join('\n  ')}
}`;
}

/** A vector of the same element of four rows. */
const fourRows = (element: (row: number) => string): string => `vec4f(${repeat(4, element, ', ')})`;

/** Pairs of f16 along the depth. */
function loadHalves(source: KernelSource, p: Product, { value, rows, scales }: Factor): Load | undefined {
  if (!scales) return undefined;
  const words = padded(p.depth, halfDepth) / 2,
    offset = offsetOf(p, padded(rows, halfRows) * words);
  const before = lines(4, (i) => {
    const word = source.load(value, `${offset}(row + ${i}u) * ${words}u + at / 2u`);
    return `let h${i} = unpack2x16float(bitcast<u32>(${word}));`;
  });
  return { depths: 2, before, vectors: ['x', 'y'].map((part) => fourRows((i) => `h${i}.${part}`)) };
}

/** Four by four elements, four per load, transposed in registers. */
function loadAlongDepth(source: KernelSource, p: Product, { value, rows, alongDepth }: Factor): Load | undefined {
  if (!alongDepth || p.depth % 4 > 0 || !source.hasVectors(value)) return undefined;
  const vectors = p.depth / 4,
    offset = offsetOf(p, rows * vectors);
  const before = lines(4, (i) => {
    const index = `${offset}min(row + ${i}u, ${rows - 1}u) * ${vectors}u + at / 4u`;
    return `let v${i} = ${source.loadVector(value, index)};`;
  });
  return { depths: 4, before, vectors: range(4).map((d) => fourRows((i) => `v${i}[${d}]`)) };
}

/** Four elements along the result in one load. */
function loadAcross(source: KernelSource, p: Product, { value, rows, alongDepth }: Factor): Load | undefined {
  if (alongDepth || rows % 4 > 0 || !source.hasVectors(value)) return undefined;
  const index = `${offsetOf(p, (rows * p.depth) / 4)}at * ${rows / 4}u + row / 4u`;
  return { depths: 1, before: '', vectors: [source.loadVector(value, index)] };
}

function loadSingles(source: KernelSource, p: Product, f: Factor): Load {
  const element = loaderOf(source, p, f);
  const vector = fourRows((i) => element(`min(row + ${i}u, ${f.rows - 1}u)`, 'at'));
  return { depths: 1, before: '', vectors: [vector] };
}
