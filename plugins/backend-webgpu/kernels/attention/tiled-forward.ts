import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { QueryBlock } from './query-block.js';
import { describe, type AttentionInputs, type AttentionShape } from './shape.js';
import { gridOfBlocks, Tiles } from './tiles.js';
import { invocations, type Tiling } from './tiling.js';

/**
 * A block of queries per workgroup, past which the keys and values that they see are streamed through workgroup memory
 * (FlashAttention-2, Dao 2023).
 */
export const tiledAttention = (s: AttentionShape, tiling: Tiling, inputs: AttentionInputs, output: Value): Kernel => ({
  label: `attention ${describe(s)}`,
  reads: readAnywhere(Object.values(inputs)),
  writes: [output],
  workgroups: gridOfBlocks(s, 'queries', tiling),
  write: (source) => write(new Tiles(source, s, tiling), inputs, output),
});

function write(tiles: Tiles, { q, k, v, starts }: AttentionInputs, output: Value): void {
  const queries = new QueryBlock(tiles),
    scale = 1 / Math.sqrt(tiles.shape.width);
  tiles.declareTile('held');
  tiles.source.main(
    [invocations],
    `${tiles.locateBlock('queries')}
${tiles.fill('held', { value: q, rows: 'queries', first: 'first', scale })}
${queries.begin(starts)}
${tiles.declareSums('mixed')}
for (var at = begin; at < end; at += ${tiles.streamedRows}u) {
  workgroupBarrier();
  ${tiles.fill('passing', { value: k, rows: 'keys', first: 'at' })}
  workgroupBarrier();
  ${tiles.products('s', 'held')}
  ${queries.mask()}
  workgroupBarrier();
  ${tiles.fill('passing', { value: v, rows: 'keys', first: 'at' })}
  ${queries.weigh('mixed')}
  ${tiles.shareScores('s')}
  workgroupBarrier();
  ${tiles.addProduct('mixed')}
}
${queries.sum('total', 'total')}
${tiles.store(output, 'queries', (i, n) => `mixed${i}_${n} / ${tiles.ofRow('total', i)}`)}`,
  );
}
