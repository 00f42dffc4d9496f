import type { Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { HeldQueries } from './held-queries.js';
import { describe, type AttentionShape } from './shape.js';
import { gridOfBlocks, Tiles } from './tiles.js';
import { invocations, type Tiling } from './tiling.js';

/** A block of queries per workgroup, past which the keys and values that they see go through workgroup memory (FlashAttention-2, Dao 2023). */
export function tiledAttention(s: AttentionShape, tiling: Tiling, inputs: readonly Value[], output: Value): Kernel {
  return {
    label: `attention ${describe(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])),
    writes: [output],
    workgroups: gridOfBlocks(s, 'queries', tiling),
    write: (source) => write(source, s, tiling, inputs, output),
  };
}

function write(source: KernelSource, s: AttentionShape, tiling: Tiling, inputs: readonly Value[], output: Value): void {
  const [q, k, v, starts] = inputs as [Value, Value, Value, Value];
  const tiles = new Tiles(source, s, tiling),
    queries = new HeldQueries(tiles, s);
  tiles.hold('held');
  source.main(
    [invocations],
    `${tiles.begin('queries')}
${tiles.fill('held', q, 'queries', 'first', ` * ${1 / Math.sqrt(s.width)}`)}
${queries.begin(starts)}
${tiles.sums('mixed')}
for (var at = begin; at < end; at += ${tiles.passingRows}u) {
  workgroupBarrier();
  ${tiles.fill('passing', k, 'keys', 'at')}
  workgroupBarrier();
  ${tiles.products('s', 'held')}
  ${queries.mask()}
  workgroupBarrier();
  ${tiles.fill('passing', v, 'keys', 'at')}
  ${queries.weigh('mixed')}
  ${tiles.share('s')}
  workgroupBarrier();
  ${tiles.addProduct('mixed')}
}
${queries.sum('total', 'total')}
${tiles.store(output, 'queries', (i, n) => `mixed${i}_${n} / ${tiles.ofRow('total', i)}`)}`,
  );
}
