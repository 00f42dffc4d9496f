import type { Producer, Target } from '../../lower/unit.js';
import type { Value } from '../../lower/value.js';
import { directGrid, writeDirect } from './direct.js';
import { workgroupsOf, type Grid } from './grid.js';
import { describeProduct, readsOfProduct, resultSize, type Product } from './product.js';
import { addParts } from './split.js';
import { chooseTiling, tiledGrid, writeTiled } from './tiled.js';
import type { KernelSource } from '../source.js';

/** The kernel for a product: chosen by its extents and by the kind of device. */
export function matmul(p: Product, target: Target, output: Value): Producer {
  const { grid, write } = chooseForm(p, target);
  const producer: Producer = { label: describeProduct(p), size: resultSize(p), output, reads: readsOfProduct(p), before: [], workgroups: workgroupsOf(p, grid), write };
  return grid.splits === 1 ? producer : addParts(producer, grid.splits, output);
}

function chooseForm(p: Product, target: Target): { readonly grid: Grid; write(source: KernelSource): void } {
  if (target.isCpu) return { grid: directGrid(p), write: (source) => writeDirect(source, p) };
  const tiling = chooseTiling(p);
  return { grid: tiledGrid(p, tiling), write: (source) => writeTiled(source, p, tiling) };
}
