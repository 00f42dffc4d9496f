import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { repeat } from '../repeat.js';
import { QueryBlock } from './query-block.js';
import { describe, queryCount, type AttentionShape, type GradientInputs, type QueryGradient } from './shape.js';
import { gridOfBlocks, Tiles } from './tiles.js';
import { invocations, type Tiling } from './tiling.js';

/**
 * dq of a block of queries per workgroup, in one pass over the keys: sums of weights times slopes shrink with the
 * running maximum as the results of attention do, so the log-sum of exponentials need not be known before.
 */
export const tiledQueryGradient = (
  s: AttentionShape,
  tiling: Tiling,
  inputs: GradientInputs,
  outputs: QueryGradient,
): Kernel => ({
  label: `attention gradient of queries ${describe(s)}`,
  reads: readAnywhere(Object.values(inputs)),
  writes: [outputs.dq, outputs.statistics],
  workgroups: gridOfBlocks(s, 'queries', tiling),
  write: (source) => write(new Tiles(source, s, tiling), inputs, outputs),
});

function write(tiles: Tiles, { q, k, v, starts, y, dy }: GradientInputs, { dq, statistics }: QueryGradient): void {
  const queries = new QueryBlock(tiles),
    scale = 1 / Math.sqrt(tiles.shape.width);
  tiles.declareTile('held');
  tiles.declareTile('changes');
  tiles.source.main(
    [invocations],
    `${tiles.locateBlock('queries')}
${tiles.fill('held', { value: q, rows: 'queries', first: 'first', scale })}
${tiles.fill('changes', { value: dy, rows: 'queries', first: 'first' })}
${queries.begin(starts)}
${means(tiles, y)}
${queries.sum('mean', 'mean')}
${tiles.declareSums('sum')}
for (var at = begin; at < end; at += ${tiles.streamedRows}u) {
  workgroupBarrier();
  ${tiles.fill('passing', { value: v, rows: 'keys', first: 'at' })}
  workgroupBarrier();
  ${tiles.products('g', 'changes')}
  workgroupBarrier();
  ${tiles.fill('passing', { value: k, rows: 'keys', first: 'at' })}
  workgroupBarrier();
  ${tiles.products('s', 'held')}
  ${queries.mask()}
  workgroupBarrier();
  ${queries.weigh('sum')}
  ${repeat(tiles.tiling.resident, (i) => `s${i} *= g${i} - ${tiles.ofRow('mean', i)};`)}
  ${tiles.shareScores('s')}
  workgroupBarrier();
  ${tiles.addProduct('sum')}
}
${queries.sum('total', 'total')}
${tiles.store(dq, 'queries', (i, n) => `sum${i}_${n} * (${scale} / ${tiles.ofRow('total', i)})`)}
if (column == 0u) {
  ${storeStatistics(tiles, statistics)}
}`,
  );
}

/** Each invocation's part of the mean gradient of the weights, which is the product of the output and its gradient. */
function means(tiles: Tiles, y: Value): string {
  const { columns, vectors } = tiles.tiling;
  const add = (i: number, n: number): string => {
    const column = tiles.resultColumn(n),
      change = `changes[${tiles.tileOffset(i)} + ${column}]`;
    return `if (${column} < ${vectors}u) {
    mean${i} = add_dot(${change}, ${tiles.loader(y)}(place, ${column}), mean${i});
  }`;
  };
  return eachQuery(
    tiles,
    (i) => repeat(columns, (n) => add(i, n)),
    (i) => `var mean${i} = 0.0;`,
  );
}

/** For the gradient of keys: the log-sum of exponentials of every query, then the means. */
function storeStatistics(tiles: Tiles, statistics: Value): string {
  const { source } = tiles;
  return eachQuery(tiles, (i) => {
    const logTotal = source.store(statistics, 'place', `top${i} + log_f32(${tiles.ofRow('total', i)})`);
    const mean = source.store(statistics, `place + ${queryCount(tiles.shape)}u`, tiles.ofRow('mean', i));
    return `${logTotal}\n  ${mean}`;
  });
}

/**
 * Statements for each query of an invocation, whose number among all is `place`; `before` also for those past the last.
 */
const eachQuery = (tiles: Tiles, statements: (i: number) => string, before: (i: number) => string = () => ''): string =>
  repeat(
    tiles.tiling.resident,
    (i) => `${before(i)}
if (${tiles.residentRow(i)} < ${tiles.rowCount('queries')}u) {
  let place = ${tiles.rowIndex('queries', `(${tiles.residentRow(i)})`)};
  ${statements(i)}
}`,
  );
