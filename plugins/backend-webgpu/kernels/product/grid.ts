import { gridOf, maxWorkgroups, type Workgroups } from '../../lower/dispatch.js';
import type { Product } from './product.js';

/**
 * How the work of a product is divided: a tile of the result for each workgroup, and where that gives too little work,
 * a part of the depth.
 */
export interface Grid {
  /** Extents of a tile. */
  readonly rows: number;
  readonly columns: number;
  /** Parts of the depth. */
  readonly splits: number;
  /** Depth of one part; all but the last have it. */
  readonly chunk: number;
}

/** Extents of a tile of the result. */
export type TileExtents = Pick<Grid, 'rows' | 'columns'>;

/** Workgroups that keep a large device busy. */
export const enoughWorkgroups = 128;
/** Minimum depth of a part: below it, adding up the parts costs more than is gained. */
const minimumDepth = 128;

export const tileCount = ({ a, b, batch }: Product, { rows, columns }: TileExtents): number =>
  Math.ceil(a.rows / rows) * Math.ceil(b.rows / columns) * batch;

/** A grid of tiles; the depth is split, in multiples of `step`, until there are enough workgroups. */
export function splitGrid(p: Product, tile: TileExtents, step: number): Grid {
  const wanted = Math.min(Math.floor(enoughWorkgroups / tileCount(p, tile)), Math.floor(p.depth / minimumDepth));
  const chunk = wanted < 2 ? p.depth : Math.ceil(p.depth / wanted / step) * step;
  return { ...tile, splits: Math.ceil(p.depth / chunk), chunk };
}

export const workgroupsOf = (p: Product, grid: Grid): Workgroups => gridOf(tileCount(p, grid) * grid.splits);

/**
 * Statements that find the tile of a workgroup: `batch`, `split` with its depth from `first` to `last`, `top` and
 * `left`. Neighbours in the queue share the columns, that is the weight, which then stays in the cache.
 */
export function locateTile(p: Product, { rows, columns, splits, chunk }: Grid): string {
  const down = Math.ceil(p.a.rows / rows),
    across = Math.ceil(p.b.rows / columns);
  return `let unit = group.x + group.y * ${maxWorkgroups}u;
if (unit >= ${down * across * p.batch * splits}u) { return; }
let top = (unit % ${down}u) * ${rows}u;
let left = (unit / ${down}u % ${across}u) * ${columns}u;
let batch = unit / ${down * across}u % ${p.batch}u;
let split = unit / ${down * across * p.batch}u;
let first = split * ${chunk}u;
let last = min(first + ${chunk}u, ${p.depth}u);`;
}
