import { gridOf, maxWorkgroups } from '../../lower/dispatch.js';
import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { headOf, softmaxStep } from './head.js';
import { describe, groupSize, initialMaximum, queryCount, type AttentionInputs, type AttentionShape } from './shape.js';

const threads = 64;

/**
 * Statements that find the query of an invocation: `i` counts all pairs of query and head, `token` within its row,
 * `head` among the heads.
 */
export const locateQuery = (
  s: AttentionShape,
): string => `let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (i >= ${queryCount(s)}u) { return; }
let head = i % ${s.heads}u;
let place = i / ${s.heads}u;
let token = place % ${s.length}u;
let row = place - token;
let kv = head / ${groupSize(s)}u;`;

/**
 * One query of one head per invocation, straight from memory: for processors, and for heads too wide for workgroup
 * memory.
 */
export const directAttention = (s: AttentionShape, inputs: AttentionInputs, output: Value): Kernel => ({
  label: `attention ${describe(s)}`,
  reads: readAnywhere(Object.values(inputs)),
  writes: [output],
  workgroups: gridOf(Math.ceil(queryCount(s) / threads)),
  write: (source) => write(source, s, inputs, output),
});

function write(source: KernelSource, s: AttentionShape, inputs: AttentionInputs, output: Value): void {
  const { q, k, v, starts } = inputs;
  const head = headOf(source, s.width, [q, k, v]),
    n = head.count;
  source.main(
    [threads],
    `${locateQuery(s)}
var query: array<${head.type}, ${n}>;
var mixed: array<${head.type}, ${n}>;
${head.each(
  (d) => `query[${d}] = ${head.load(q, `i * ${n}u + ${d}`)} * ${1 / Math.sqrt(s.width)};
mixed[${d}] = ${head.type}();`,
)}
var top = ${initialMaximum};
var total = 0.0;
for (var j = u32(${source.load(starts, 'place')}); j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${n}u;
  var score = 0.0;
  ${head.each((d) => `score += ${head.dot(`query[${d}]`, head.load(k, `at + ${d}`))};`)}
  ${softmaxStep(head, (d) => head.load(v, `at + ${d}`))}
}
${head.each((d) => head.store(output, `i * ${n}u + ${d}`, `mixed[${d}] / total`))}`,
  );
}
