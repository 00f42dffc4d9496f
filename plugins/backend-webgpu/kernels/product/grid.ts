import { gridOf, maxWorkgroups, type Workgroups } from '../../lower/kernel.js';
import type { Product } from './product.js';

/** How the work of a product is dealt out: a tile of the result to each workgroup, and where that is too little to do, a part of the depth. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly splits: number;
  /** Depth of one part; all but the last have it. */
  readonly chunk: number;
}

/** Workgroups that keep a large device busy. */
export const enoughWorkgroups = 128;
/** Least depth of a part: below it, adding up the parts costs more than is gained. */
const leastDepth = 128;

export const tilesOf = ({ a, b, batch }: Product, rows: number, columns: number): number =>
  Math.ceil(a.rows / rows) * Math.ceil(b.rows / columns) * batch;

/** A grid of tiles; the depth is split, in multiples of `step`, until there are enough workgroups. */
export function splitGrid(p: Product, rows: number, columns: number, step: number): Grid {
  const wanted = Math.min(Math.floor(enoughWorkgroups / tilesOf(p, rows, columns)), Math.floor(p.depth / leastDepth));
  const chunk = wanted < 2 ? p.depth : Math.ceil(p.depth / wanted / step) * step;
  return { rows, columns, splits: Math.ceil(p.depth / chunk), chunk };
}

export const workgroupsOf = (p: Product, { rows, columns, splits }: Grid): Workgroups =>
  gridOf(tilesOf(p, rows, columns) * splits);

/**
 * Statements that find a workgroup's place: `batch`, `split` with its depth from `first` to `last`, `top` and `left` of the tile. Neighbours
 * in the queue share the columns, that is the weight, which then stays in the cache.
 */
export function placeInGrid(p: Product, { rows, columns, splits, chunk }: Grid): string {
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
