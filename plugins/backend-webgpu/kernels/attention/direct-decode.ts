import { gridOf, maxWorkgroups } from '../../lower/dispatch.js';
import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { headOf, softmaxStep } from './head.js';
import { describeDecode, groupSize, type DecodeInputs, type DecodeShape } from './shape.js';

const threads = 64;

/**
 * One invocation per lane and head, one cached token after the other: for processors, and for heads too wide for
 * workgroup memory.
 */
export const directDecode = (s: DecodeShape, inputs: DecodeInputs, output: Value): Kernel => ({
  label: `decode attention ${describeDecode(s)}`,
  reads: readAnywhere(Object.values(inputs)),
  writes: [output],
  workgroups: gridOf(Math.ceil((s.lanes * s.heads) / threads)),
  write: (source) => write(source, s, inputs, output),
});

function write(source: KernelSource, s: DecodeShape, inputs: DecodeInputs, output: Value): void {
  const { lanes, heads, kvHeads, width: h, capacity } = s,
    { q, k, v, keys, values, lengths } = inputs;
  const head = headOf(source, h, [q, k, v, values]),
    n = head.count;
  const cachedKey = (d: string): string =>
    head.gather(d, (number) => source.load(keys, `(kv * ${h}u + ${number}) * ${capacity}u + c`));
  source.main(
    [threads],
    `let pair = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (pair >= ${lanes * heads}u) { return; }
let slot = pair / ${heads}u;
let kv = slot * ${kvHeads}u + (pair % ${heads}u) / ${groupSize(s)}u;
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
  ${head.each((d) => `score += ${head.dot(`query[${d}]`, cachedKey(d))};`)}
  ${softmaxStep(head, (d) => head.load(values, `(kv * ${capacity}u + c) * ${n}u + ${d}`))}
}
${head.each((d) => head.store(output, `pair * ${n}u + ${d}`, `mixed[${d}] / total`))}`,
  );
}
