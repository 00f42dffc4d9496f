import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { describeDecode, type DecodeShape } from './shape.js';

const threads = 64;

/** One invocation per slot and head, one cached token after the other: for processors, and for heads too wide for workgroup memory. */
export function directDecode(s: DecodeShape, inputs: readonly Value[], output: Value): Kernel {
  const { slots, heads, kvHeads, width: h, capacity } = s;
  const [q, k, v, keys, values, lengths] = inputs as [Value, Value, Value, Value, Value, Value];
  return {
    label: `decode attention ${describeDecode(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])), writes: [output], workgroups: gridOf(Math.ceil((slots * heads) / threads)),
    write: (source) => source.main([threads], `let pair = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (pair >= ${slots * heads}u) { return; }
let slot = pair / ${heads}u;
let kv = slot * ${kvHeads}u + (pair % ${heads}u) / ${heads / kvHeads}u;
let length = min(u32(${source.load(lengths, 'slot')}), ${capacity}u);
var query: array<f32, ${h}>;
var mixed: array<f32, ${h}>;
var top = 0.0;
for (var d = 0u; d < ${h}u; d++) {
  query[d] = ${source.load(q, `pair * ${h}u + d`)} * ${1 / Math.sqrt(h)};
  mixed[d] = ${source.load(v, `kv * ${h}u + d`)};
  top += query[d] * ${source.load(k, `kv * ${h}u + d`)};
}
var total = 1.0;
for (var c = 0u; c < length; c++) {
  var score = 0.0;
  for (var d = 0u; d < ${h}u; d++) { score += query[d] * ${source.load(keys, `(kv * ${h}u + d) * ${capacity}u + c`)}; }
  if (score > top) {
    let shrink = exp_f32(top - score);
    total *= shrink;
    for (var d = 0u; d < ${h}u; d++) { mixed[d] *= shrink; }
    top = score;
  }
  let weight = exp_f32(score - top);
  total += weight;
  for (var d = 0u; d < ${h}u; d++) { mixed[d] += weight * ${source.load(values, `(kv * ${capacity}u + c) * ${h}u + d`)}; }
}
for (var d = 0u; d < ${h}u; d++) { ${source.store(output, `pair * ${h}u + d`, 'mixed[d] / total')} }`),
  };
}
