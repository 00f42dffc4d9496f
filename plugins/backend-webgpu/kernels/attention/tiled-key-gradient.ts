import type { Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { repeat } from '../repeat.js';
import { pack, vec } from './fragments.js';
import { describe, type AttentionShape } from './shape.js';
import { gridOfBlocks, Tiles } from './tiles.js';
import { invocations, side, type Tiling } from './tiling.js';

interface KeyChanges {
  readonly dk: Value;
  readonly dv: Value;
}

/** dk and dv of a block of keys per workgroup, past which the queries that see them go, all heads on these keys in turn. */
export function tiledKeyGradient(
  s: AttentionShape,
  tiling: Tiling,
  inputs: readonly Value[],
  { dk, dv }: KeyChanges,
  statistics: Value,
): Kernel {
  const [q, k, v, starts, , dy] = inputs as [Value, Value, Value, Value, Value, Value];
  return {
    label: `attention gradient of keys ${describe(s)}`,
    reads: new Map([q, k, v, starts, dy, statistics].map((value) => [value, 'anywhere'])),
    writes: [dk, dv],
    workgroups: gridOfBlocks(s, 'keys', tiling),
    write: (source) => write(source, s, tiling, { q, k, v, starts, dy, statistics }, { dk, dv }),
  };
}

type Inputs = Readonly<Record<'q' | 'k' | 'v' | 'starts' | 'dy' | 'statistics', Value>>;

function write(
  source: KernelSource,
  s: AttentionShape,
  tiling: Tiling,
  { q, k, v, starts, dy, statistics }: Inputs,
  { dk, dv }: KeyChanges,
): void {
  const tiles = new Tiles(source, s, tiling),
    scale = ` * ${1 / Math.sqrt(s.width)}`;
  tiles.hold('keys');
  tiles.hold('values');
  source.declare('var<workgroup> last: atomic<u32>;\nvar<workgroup> shared_end: u32;');
  source.main(
    [invocations],
    `${tiles.begin('keys')}
${tiles.fill('keys', k, 'keys', 'first')}
${tiles.fill('values', v, 'keys', 'first')}
${findEnd(tiles, s, starts)}
${tiles.sums('key')}
${tiles.sums('value')}
for (var at = first * ${s.heads / s.kvHeads}u; at < end; at += ${tiles.passingRows}u) {
  workgroupBarrier();
  ${tiles.fill('passing', q, 'queries', 'at', scale)}
  ${loadQueries(tiles, s, starts, statistics)}
  workgroupBarrier();
  ${tiles.products('p', 'keys')}
  ${repeat(tiling.held, (i) => `p${i} = select(${vec(tiling.passing)}(), exp_each(p${i} - log_total), ${seen(tiling, i)});`)}
  workgroupBarrier();
  ${tiles.fill('passing', dy, 'queries', 'at')}
  ${tiles.share('p')}
  workgroupBarrier();
  ${tiles.products('g', 'values')}
  ${tiles.addProduct('value')}
  workgroupBarrier();
  ${tiles.fill('passing', q, 'queries', 'at', scale)}
  ${repeat(tiling.held, (i) => `p${i} *= g${i} - mean;`)}
  ${tiles.share('p')}
  workgroupBarrier();
  ${tiles.addProduct('key')}
}
${tiles.store(dk, 'keys', (i, n) => `key${i}_${n}`)}
${tiles.store(dv, 'keys', (i, n) => `value${i}_${n}`)}`,
  );
}

/** Queries up to the last token that sees any key of the block. */
function findEnd(tiles: Tiles, s: AttentionShape, starts: Value): string {
  return `if (lane == 0u) { atomicStore(&last, 0u); }
workgroupBarrier();
for (var token = first + lane; token < ${s.length}u; token += ${invocations}u) {
  if (u32(${tiles.source.load(starts, 'row + token')}) < first + ${tiles.heldRows}u) { atomicMax(&last, token + 1u); }
}
workgroupBarrier();
if (lane == 0u) { shared_end = atomicLoad(&last) * ${s.heads / s.kvHeads}u; }
let end = workgroupUniformLoad(&shared_end);`;
}

/** Tokens, segment starts and statistics of the passing queries of an invocation. Queries past the last see no key. */
function loadQueries(tiles: Tiles, s: AttentionShape, starts: Value, statistics: Value): string {
  const { passing } = tiles.tiling,
    { source } = tiles,
    limit = tiles.limit('queries');
  const place = (c: number): string => tiles.place('queries', `query${c}`);
  return `${repeat(passing, (c) => `let query${c} = min(at + column + ${side * c}u, ${limit - 1}u);`)}
let token = ${pack(passing, (c) => tiles.token(`query${c}`), 'u32')};
let start = ${pack(passing, (c) => `select(${s.length}u, u32(${source.load(starts, `row + ${tiles.token(`query${c}`)}`)}), at + column + ${side * c}u < ${limit}u)`, 'u32')};
let log_total = ${pack(passing, (c) => source.load(statistics, place(c)))};
let mean = ${pack(passing, (c) => source.load(statistics, `${place(c)} + ${s.rows * s.length * s.heads}u`))};`;
}

function seen({ passing }: Tiling, i: number): string {
  const key = `${vec(passing, 'u32')}(first + line + ${side * i}u)`;
  return `(start <= ${key}) & (${key} <= token)`;
}
