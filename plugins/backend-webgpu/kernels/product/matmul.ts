import type { Target } from '../../lower/target.js';
import type { Producer } from '../../lower/unit.js';
import type { Value } from '../../lower/value.js';
import { directGrid, writeDirect } from './direct.js';
import { workgroupsOf, type Grid } from './grid.js';
import { chooseLayout, matrixUnitGrid, usableUnit, writeMatrixUnit } from './matrix-unit.js';
import { describeProduct, readsOfProduct, resultSize, type Product } from './product.js';
import { addParts } from './split.js';
import { chooseTiling, tiledGrid, writeTiled } from './tiled.js';
import type { KernelSource } from '../source.js';

/** The kernel for a product: chosen by its extents and by what the device has. */
export function matmul(p: Product, target: Target, output: Value): Producer {
  const { form, grid, write } = chooseForm(p, target);
  const producer: Producer = {
    label: `${describeProduct(p)} ${form}`,
    size: resultSize(p),
    output,
    reads: readsOfProduct(p),
    before: [],
    workgroups: workgroupsOf(p, grid),
    write,
  };
  return grid.splits === 1 ? producer : addParts(producer, grid.splits, output);
}

/** One way to compute a product. */
interface Form {
  readonly form: string;
  readonly grid: Grid;
  write(source: KernelSource): void;
}

function chooseForm(p: Product, target: Target): Form {
  if (target.isCpu) return { form: 'directly', grid: directGrid(p), write: (source) => writeDirect(source, p) };
  const unit = usableUnit(p, target);
  if (unit) {
    const layout = chooseLayout(p, unit),
      grid = matrixUnitGrid(p, layout, unit);
    return {
      form: `on matrix units, ${grid.rows}x${grid.columns}`,
      grid,
      write: (source) => writeMatrixUnit(source, p, layout, unit),
    };
  }
  const tiling = chooseTiling(p),
    grid = tiledGrid(p, tiling);
  return { form: `in tiles of ${grid.rows}x${grid.columns}`, grid, write: (source) => writeTiled(source, p, tiling) };
}
