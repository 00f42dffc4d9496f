import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { describe, lowest, type AttentionShape } from './shape.js';

const threads = 64;

/** Statements that find which query an invocation owns: `i` counts them all, `token` within its row, `head` among the heads. */
export const queryPlace = (s: AttentionShape): string => `let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (i >= ${s.rows * s.length * s.heads}u) { return; }
let head = i % ${s.heads}u;
let place = i / ${s.heads}u;
let token = place % ${s.length}u;
let row = place - token;
let kv = head / ${s.heads / s.kvHeads}u;`;

/** One query of one head per invocation, straight from memory: for processors, and for heads too wide for workgroup memory. */
export function directAttention(s: AttentionShape, inputs: readonly Value[], output: Value): Kernel {
  const [q, k, v, starts] = inputs as [Value, Value, Value, Value];
  return {
    label: `attention ${describe(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])), writes: [output],
    workgroups: gridOf(Math.ceil((s.rows * s.length * s.heads) / threads)),
    write: (source) => source.main([threads], `${queryPlace(s)}
var query: array<f32, ${s.width}>;
var mixed: array<f32, ${s.width}>;
for (var d = 0u; d < ${s.width}u; d++) { query[d] = ${source.load(q, `i * ${s.width}u + d`)} * ${1 / Math.sqrt(s.width)}; mixed[d] = 0.0; }
var top = ${lowest};
var total = 0.0;
for (var j = u32(${source.load(starts, 'place')}); j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${s.width}u;
  var score = 0.0;
  for (var d = 0u; d < ${s.width}u; d++) { score += query[d] * ${source.load(k, 'at + d')}; }
  if (score > top) {
    let shrink = exp_f32(top - score);
    total *= shrink;
    for (var d = 0u; d < ${s.width}u; d++) { mixed[d] *= shrink; }
    top = score;
  }
  let weight = exp_f32(score - top);
  total += weight;
  for (var d = 0u; d < ${s.width}u; d++) { mixed[d] += weight * ${source.load(v, 'at + d')}; }
}
for (var d = 0u; d < ${s.width}u; d++) { ${source.store(output, `i * ${s.width}u + d`, 'mixed[d] / total')} }`),
  };
}
