import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { headOf, takeIn } from './head.js';
import { describeDecode, type DecodeShape } from './shape.js';

const threads = 64;

/** One invocation per slot and head, one cached token after the other: for processors, and for heads too wide for workgroup memory. */
export function directDecode(s: DecodeShape, inputs: readonly Value[], output: Value): Kernel {
  const { slots, heads, kvHeads, width: h, capacity } = s;
  const [q, k, v, keys, values, lengths] = inputs as [Value, Value, Value, Value, Value, Value];
  return {
    label: `decode attention ${describeDecode(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])),
    writes: [output],
    workgroups: gridOf(Math.ceil((slots * heads) / threads)),
    write: (source) => {
      const head = headOf(source, h, [q, k, v, values]),
        n = head.count;
      source.main(
        [threads],
        `let pair = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (pair >= ${slots * heads}u) { return; }
let slot = pair / ${heads}u;
let kv = slot * ${kvHeads}u + (pair % ${heads}u) / ${heads / kvHeads}u;
let length = min(u32(${source.load(lengths, 'slot')}), ${capacity}u);
var query: array<${head.type}, ${n}>;
var mixed: array<${head.type}, ${n}>;
var top = 0.0;
${head.each(
  (d) => `query[${d}] = ${head.load(q, `pair * ${n}u + ${d}`)} * ${1 / Math.sqrt(h)};
mixed[${d}] = ${head.load(v, `kv * ${n}u + ${d}`)};
top += ${head.dot(`query[${d}]`, head.load(k, `kv * ${n}u + ${d}`))};`,
)}
var total = 1.0;
for (var c = 0u; c < length; c++) {
  var score = 0.0;
  ${head.each(
    (d) =>
      `score += ${head.dot(
        `query[${d}]`,
        head.gather(d, (number) => source.load(keys, `(kv * ${h}u + ${number}) * ${capacity}u + c`)),
      )};`,
  )}
  ${takeIn(head, (d) => head.load(values, `(kv * ${capacity}u + c) * ${n}u + ${d}`))}
}
${head.each((d) => head.store(output, `pair * ${n}u + ${d}`, `mixed[${d}] / total`))}`,
      );
    },
  };
}
