import type { Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { repeat } from '../repeat.js';
import { HeldQueries } from './held-queries.js';
import { describe, type AttentionShape } from './shape.js';
import { gridOfBlocks, Tiles } from './tiles.js';
import { invocations, side, type Tiling } from './tiling.js';

/**
 * dq of a block of queries per workgroup, in one pass over the keys: sums of weights times slopes shrink with the running maximum as the
 * results of attention do, so the log-sum of exponentials need not be known before.
 */
export function tiledQueryGradient(
  s: AttentionShape,
  tiling: Tiling,
  inputs: readonly Value[],
  dq: Value,
  statistics: Value,
): Kernel {
  return {
    label: `attention gradient of queries ${describe(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])),
    writes: [dq, statistics],
    workgroups: gridOfBlocks(s, 'queries', tiling),
    write: (source) => write(source, s, tiling, inputs, { dq, statistics }),
  };
}

function write(
  source: KernelSource,
  s: AttentionShape,
  tiling: Tiling,
  inputs: readonly Value[],
  { dq, statistics }: { readonly dq: Value; readonly statistics: Value },
): void {
  const [q, k, v, starts, y, dy] = inputs as [Value, Value, Value, Value, Value, Value];
  const tiles = new Tiles(source, s, tiling),
    queries = new HeldQueries(tiles, s),
    scale = 1 / Math.sqrt(s.width);
  tiles.hold('held');
  tiles.hold('changes');
  source.main(
    [invocations],
    `${tiles.begin('queries')}
${tiles.fill('held', q, 'queries', 'first', ` * ${scale}`)}
${tiles.fill('changes', dy, 'queries', 'first')}
${queries.begin(starts)}
${means(tiles, y)}
${queries.sum('mean', 'mean')}
${tiles.sums('sum')}
for (var at = begin; at < end; at += ${tiles.passingRows}u) {
  workgroupBarrier();
  ${tiles.fill('passing', v, 'keys', 'at')}
  workgroupBarrier();
  ${tiles.products('g', 'changes')}
  workgroupBarrier();
  ${tiles.fill('passing', k, 'keys', 'at')}
  workgroupBarrier();
  ${tiles.products('s', 'held')}
  ${queries.mask()}
  workgroupBarrier();
  ${queries.weigh('sum')}
  ${repeat(tiling.held, (i) => `s${i} *= g${i} - ${tiles.ofRow('mean', i)};`)}
  ${tiles.share('s')}
  workgroupBarrier();
  ${tiles.addProduct('sum')}
}
${queries.sum('total', 'total')}
${tiles.store(dq, 'queries', (i, n) => `sum${i}_${n} * (${scale} / ${tiles.ofRow('total', i)})`)}
if (column == 0u) {
  ${storeStatistics(tiles, s, statistics)}
}`,
  );
}

/** Each invocation's part of the mean gradient of the weights, which is the product of the output and its gradient. */
function means(tiles: Tiles, y: Value): string {
  const { held, columns, vectors } = tiles.tiling;
  return repeat(
    held,
    (i) => `var mean${i} = 0.0;
if (first + line + ${side * i}u < ${tiles.limit('queries')}u) {
  let place = ${tiles.place('queries', `(first + line + ${side * i}u)`)};
  ${repeat(columns, (n) => `if (column + ${side * n}u < ${vectors}u) { mean${i} = add_dot(changes[${tiles.inTile(i)} + column + ${side * n}u], ${tiles.load(y)}(place, column + ${side * n}u), mean${i}); }`)}
}`,
  );
}

/** For the gradient of keys: the log-sum of exponentials of every query, then the means. */
function storeStatistics(tiles: Tiles, s: AttentionShape, statistics: Value): string {
  return repeat(
    tiles.tiling.held,
    (i) => `if (first + line + ${side * i}u < ${tiles.limit('queries')}u) {
    let place = ${tiles.place('queries', `(first + line + ${side * i}u)`)};
    ${tiles.source.store(statistics, 'place', `top${i} + log_f32(${tiles.ofRow('total', i)})`)}
    ${tiles.source.store(statistics, `place + ${s.rows * s.length * s.heads}u`, tiles.ofRow('mean', i))}
  }`,
  );
}
