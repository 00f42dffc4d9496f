import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { repeat } from '../repeat.js';
import { pack, vec } from './fragments.js';
import {
  describe,
  groupSize,
  queryCount,
  type AttentionShape,
  type GradientInputs,
  type KeyGradient,
} from './shape.js';
import { gridOfBlocks, Tiles } from './tiles.js';
import { invocations, type Tiling } from './tiling.js';

/**
 * dk and dv of a block of keys per workgroup, past which the queries that see them are streamed, all heads on these
 * keys in turn.
 */
export function tiledKeyGradient(
  s: AttentionShape,
  tiling: Tiling,
  inputs: GradientInputs,
  values: KeyGradient,
): Kernel {
  const { q, k, v, starts, dy } = inputs,
    { dk, dv, statistics } = values;
  return {
    label: `attention gradient of keys ${describe(s)}`,
    reads: readAnywhere([q, k, v, starts, dy, statistics]),
    writes: [dk, dv],
    workgroups: gridOfBlocks(s, 'keys', tiling),
    write: (source) => write(new Tiles(source, s, tiling), inputs, values),
  };
}

function write(tiles: Tiles, { q, k, v, starts, dy }: GradientInputs, { dk, dv, statistics }: KeyGradient): void {
  const { resident, streamed } = tiles.tiling,
    queries = { value: q, rows: 'queries', first: 'at', scale: 1 / Math.sqrt(tiles.shape.width) } as const;
  const weight = (i: number): string =>
    `p${i} = select(${vec(streamed)}(), exp_each(p${i} - log_total), ${seen(tiles, i)});`;
  tiles.declareTile('keys');
  tiles.declareTile('values');
  tiles.source.declare('var<workgroup> last: atomic<u32>;\nvar<workgroup> shared_end: u32;');
  tiles.source.main(
    [invocations],
    `${tiles.locateBlock('keys')}
${tiles.fill('keys', { value: k, rows: 'keys', first: 'first' })}
${tiles.fill('values', { value: v, rows: 'keys', first: 'first' })}
${findEnd(tiles, starts)}
${tiles.declareSums('key')}
${tiles.declareSums('value')}
for (var at = first * ${groupSize(tiles.shape)}u; at < end; at += ${tiles.streamedRows}u) {
  workgroupBarrier();
  ${tiles.fill('passing', queries)}
  ${loadQueries(tiles, starts, statistics)}
  workgroupBarrier();
  ${tiles.products('p', 'keys')}
  ${repeat(resident, weight)}
  workgroupBarrier();
  ${tiles.fill('passing', { value: dy, rows: 'queries', first: 'at' })}
  ${tiles.shareScores('p')}
  workgroupBarrier();
  ${tiles.products('g', 'values')}
  ${tiles.addProduct('value')}
  workgroupBarrier();
  ${tiles.fill('passing', queries)}
  ${repeat(resident, (i) => `p${i} *= g${i} - mean;`)}
  ${tiles.shareScores('p')}
  workgroupBarrier();
  ${tiles.addProduct('key')}
}
${tiles.store(dk, 'keys', (i, n) => `key${i}_${n}`)}
${tiles.store(dv, 'keys', (i, n) => `value${i}_${n}`)}`,
  );
}

/** Finds the end of the queries: after the last token that sees any key of the block. */
function findEnd(tiles: Tiles, starts: Value): string {
  return `if (lane == 0u) { atomicStore(&last, 0u); }
workgroupBarrier();
for (var token = first + lane; token < ${tiles.shape.length}u; token += ${invocations}u) {
  if (u32(${tiles.source.load(starts, 'row + token')}) < first + ${tiles.residentRows}u) {
    atomicMax(&last, token + 1u);
  }
}
workgroupBarrier();
if (lane == 0u) { shared_end = atomicLoad(&last) * ${groupSize(tiles.shape)}u; }
let end = workgroupUniformLoad(&shared_end);`;
}

/** Tokens, segment starts and statistics of an invocation's streamed queries. Queries past the last see no key. */
function loadQueries(tiles: Tiles, starts: Value, statistics: Value): string {
  const { streamed } = tiles.tiling,
    { source, shape } = tiles,
    count = tiles.rowCount('queries');
  const token = (c: number): string => tiles.token(`query${c}`);
  const start = (c: number): string => {
    const first = `u32(${source.load(starts, `row + ${token(c)}`)})`;
    return `select(${shape.length}u, ${first}, ${tiles.streamedRow(c)} < ${count}u)`;
  };
  const index = (c: number): string => tiles.rowIndex('queries', `query${c}`);
  return `${repeat(streamed, (c) => `let query${c} = min(${tiles.streamedRow(c)}, ${count - 1}u);`)}
let token = ${pack(streamed, token, 'u32')};
let start = ${pack(streamed, start, 'u32')};
let log_total = ${pack(streamed, (c) => source.load(statistics, index(c)))};
let mean = ${pack(streamed, (c) => source.load(statistics, `${index(c)} + ${queryCount(shape)}u`))};`;
}

/** Which of the streamed queries see resident key i. */
function seen(tiles: Tiles, i: number): string {
  const key = `${vec(tiles.tiling.streamed, 'u32')}(${tiles.residentRow(i)})`;
  return `(start <= ${key}) & (${key} <= token)`;
}
