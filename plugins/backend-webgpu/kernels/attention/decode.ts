import type { Node } from '../../../../core/tensor/graph.js';
import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/unit.js';
import type { Value } from '../../lower/value.js';
import { lowest } from './shape.js';

const threads = 64;

/**
 * Attention of one new token per slot over its cache, one workgroup per slot and head: invocations take one cached token each for the
 * scores, then one element of the head each for the mix, a chunk of tokens at a time. The order of sums depends on neither the number
 * of slots nor the capacity.
 */
export function decodeAttention(node: Node, inputs: readonly Value[], outputs: readonly Value[], target: Target): Kernel[] {
  return target.isCpu ? inOneInvocation(node, inputs, outputs) : inOneWorkgroup(node, inputs, outputs);
}

function inOneWorkgroup(node: Node, inputs: readonly Value[], outputs: readonly Value[]): Kernel[] {
  const [q, k, v, keys, values, lengths] = inputs as [Value, Value, Value, Value, Value, Value];
  const heads = node.attributes['heads'] as number, kvHeads = node.attributes['kvHeads'] as number;
  const [slots, total] = node.inputs[0]!.shape as [number, number], h = total / heads, capacity = node.inputs[3]!.shape[3]!;
  const own = Array.from({ length: Math.ceil(h / threads) }, (_, n) => n);
  const perElement = (f: (n: number, d: string) => string): string => own.map((n) => `if (lane + ${n * threads}u < ${h}u) { ${f(n, `(lane + ${n * threads}u)`)} }`).join('\n');
  return [{
    label: `decode attention ${slots}x${capacity}, ${heads} heads of ${h} on ${kvHeads}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])), writes: outputs,
    workgroups: gridOf(slots * heads),
    write: (source) => {
      source.declare(`var<workgroup> query: array<f32, ${h}>;\nvar<workgroup> weights: array<f32, ${threads}>;\nvar<workgroup> parts: array<f32, ${threads}>;`);
      const tree = (operation: (a: string, b: string) => string): string => `workgroupBarrier();
for (var width = ${threads / 2}u; width > 0u; width /= 2u) {
  if (lane < width) { parts[lane] = ${operation('parts[lane]', 'parts[lane + width]')}; }
  workgroupBarrier();
}`;
      source.main([threads], `let pair = group.x + group.y * ${maxWorkgroups}u;
if (pair >= ${slots * heads}u) { return; }
let slot = pair / ${heads}u;
let kv = slot * ${kvHeads}u + (pair % ${heads}u) / ${heads / kvHeads}u;
let length = min(u32(${source.load(lengths, 'slot')}), ${capacity}u);
${perElement((_, d) => `query[${d}] = ${source.load(q, `pair * ${h}u + ${d}`)} * ${1 / Math.sqrt(h)};`)}
workgroupBarrier();
var top = 0.0;
for (var d = 0u; d < ${h}u; d++) { top += query[d] * ${source.load(k, `kv * ${h}u + d`)}; }
var total = 1.0;
${own.map((n) => `var mixed${n} = 0.0;`).join(' ')}
${perElement((n, d) => `mixed${n} = ${source.load(v, `kv * ${h}u + ${d}`)};`)}
for (var start = 0u; start < length; start += ${threads}u) {
  let c = start + lane;
  var score = ${lowest};
  if (c < length) {
    score = 0.0;
    for (var d = 0u; d < ${h}u; d++) { score += query[d] * ${source.load(keys, `(kv * ${h}u + d) * ${capacity}u + c`)}; }
  }
  parts[lane] = score;
  ${tree((a, b) => `max_f32(${a}, ${b})`)}
  let next_top = max_f32(top, parts[0]);
  workgroupBarrier();
  let weight = select(0.0, exp_f32(score - next_top), c < length);
  weights[lane] = weight;
  parts[lane] = weight;
  ${tree((a, b) => `${a} + ${b}`)}
  let shrink = exp_f32(top - next_top);
  total = total * shrink + parts[0];
  top = next_top;
  let count = min(${threads}u, length - start);
  ${perElement((n, d) => `mixed${n} *= shrink;
  for (var e = 0u; e < count; e++) { mixed${n} += weights[e] * ${source.load(values, `(kv * ${capacity}u + start + e) * ${h}u + ${d}`)}; }`)}
  workgroupBarrier();
}
${perElement((n, d) => source.store(outputs[0]!, `pair * ${h}u + ${d}`, `mixed${n} / total`))}`);
    },
  }];
}

/** One invocation per slot and head, one cached token after the other. */
function inOneInvocation(node: Node, inputs: readonly Value[], outputs: readonly Value[]): Kernel[] {
  const [q, k, v, keys, values, lengths] = inputs as [Value, Value, Value, Value, Value, Value];
  const heads = node.attributes['heads'] as number, kvHeads = node.attributes['kvHeads'] as number;
  const [slots, total] = node.inputs[0]!.shape as [number, number], h = total / heads, capacity = node.inputs[3]!.shape[3]!;
  return [{
    label: `decode attention ${slots}x${capacity}, ${heads} heads of ${h} on ${kvHeads}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])), writes: outputs, workgroups: gridOf(Math.ceil((slots * heads) / threads)),
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
for (var d = 0u; d < ${h}u; d++) { ${source.store(outputs[0]!, `pair * ${h}u + d`, 'mixed[d] / total')} }`),
  }];
}
