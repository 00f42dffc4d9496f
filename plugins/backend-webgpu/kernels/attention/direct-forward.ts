import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { headOf, takeIn } from './head.js';
import { describe, lowest, type AttentionShape } from './shape.js';

const threads = 64;

/** Statements that find which query an invocation owns: `i` counts them all, `token` within its row, `head` among the heads. */
export const queryPlace = (
  s: AttentionShape,
): string => `let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
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
    reads: new Map(inputs.map((value) => [value, 'anywhere'])),
    writes: [output],
    workgroups: gridOf(Math.ceil((s.rows * s.length * s.heads) / threads)),
    write: (source) => {
      const head = headOf(source, s.width, [q, k, v]),
        n = head.count;
      source.main(
        [threads],
        `${queryPlace(s)}
var query: array<${head.type}, ${n}>;
var mixed: array<${head.type}, ${n}>;
${head.each((d) => `query[${d}] = ${head.load(q, `i * ${n}u + ${d}`)} * ${1 / Math.sqrt(s.width)}; mixed[${d}] = ${head.type}();`)}
var top = ${lowest};
var total = 0.0;
for (var j = u32(${source.load(starts, 'place')}); j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${n}u;
  var score = 0.0;
  ${head.each((d) => `score += ${head.dot(`query[${d}]`, head.load(k, `at + ${d}`))};`)}
  ${takeIn(head, (d) => head.load(v, `at + ${d}`))}
}
${head.each((d) => head.store(output, `i * ${n}u + ${d}`, `mixed[${d}] / total`))}`,
      );
    },
  };
}
