import { gridOf, maxWorkgroups } from '../../lower/dispatch.js';
import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { KernelSource } from '../source.js';
import { locateQuery } from './direct-forward.js';
import { headOf } from './head.js';
import {
  describe,
  groupSize,
  initialMaximum,
  queryCount,
  type AttentionShape,
  type GradientInputs,
  type KeyGradient,
  type QueryGradient,
} from './shape.js';

const threads = 64;

/** dq and what the gradient of keys needs of each query, one query of one head per invocation. */
export const directQueryGradient = (s: AttentionShape, inputs: GradientInputs, outputs: QueryGradient): Kernel => ({
  label: `attention gradient of queries ${describe(s)}`,
  reads: readAnywhere(Object.values(inputs)),
  writes: [outputs.dq, outputs.statistics],
  workgroups: gridOf(Math.ceil(queryCount(s) / threads)),
  write: (source) => writeQueryGradient(source, s, inputs, outputs),
});

function writeQueryGradient(
  source: KernelSource,
  s: AttentionShape,
  { q, k, v, starts, y, dy }: GradientInputs,
  { dq, statistics }: QueryGradient,
): void {
  const head = headOf(source, s.width, [q, k, v, y, dy]),
    n = head.count,
    scale = 1 / Math.sqrt(s.width);
  source.main(
    [threads],
    `${locateQuery(s)}
var query: array<${head.type}, ${n}>;
var change: array<${head.type}, ${n}>;
var result: array<${head.type}, ${n}>;
var mean = 0.0;
${head.each(
  (d) => `query[${d}] = ${head.load(q, `i * ${n}u + ${d}`)} * ${scale};
change[${d}] = ${head.load(dy, `i * ${n}u + ${d}`)};
mean += ${head.dot(`change[${d}]`, head.load(y, `i * ${n}u + ${d}`))};
result[${d}] = ${head.type}();`,
)}
let start = u32(${source.load(starts, 'place')});
var top = ${initialMaximum};
var total = 0.0;
for (var j = start; j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${n}u;
  var score = 0.0;
  ${head.each((d) => `score += ${head.dot(`query[${d}]`, head.load(k, `at + ${d}`))};`)}
  if (score > top) { total *= exp_f32(top - score); top = score; }
  total += exp_f32(score - top);
}
let log_total = top + log_f32(total);
for (var j = start; j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${n}u;
  var score = 0.0;
  var gain = 0.0;
  ${head.each(
    (d) => `score += ${head.dot(`query[${d}]`, head.load(k, `at + ${d}`))};
  gain += ${head.dot(`change[${d}]`, head.load(v, `at + ${d}`))};`,
  )}
  let slope = exp_f32(score - log_total) * (gain - mean) * ${scale};
  ${head.each((d) => `result[${d}] += slope * ${head.load(k, `at + ${d}`)};`)}
}
${head.each((d) => head.store(dq, `i * ${n}u + ${d}`, `result[${d}]`))}
${source.store(statistics, 'i', 'log_total')}
${source.store(statistics, `i + ${queryCount(s)}u`, 'mean')}`,
  );
}

/** dk and dv, one key of one head per invocation. */
export function directKeyGradient(s: AttentionShape, inputs: GradientInputs, values: KeyGradient): Kernel {
  const { q, k, v, starts, dy } = inputs,
    { dk, dv, statistics } = values;
  return {
    label: `attention gradient of keys ${describe(s)}`,
    reads: readAnywhere([q, k, v, starts, dy, statistics]),
    writes: [dk, dv],
    workgroups: gridOf(Math.ceil(keyCount(s) / threads)),
    write: (source) => writeKeyGradient(source, s, inputs, values),
  };
}

const keyCount = ({ rows, length, kvHeads }: AttentionShape): number => rows * length * kvHeads;

/**
 * The last query that sees a key is found before the loop over queries: a processor that pretends to be a GPU may go
 * through the body of a loop even where it is left out.
 */
function writeKeyGradient(
  source: KernelSource,
  s: AttentionShape,
  { q, k, v, starts, dy }: GradientInputs,
  { dk, dv, statistics }: KeyGradient,
): void {
  const head = headOf(source, s.width, [q, k, v, dy]),
    n = head.count,
    group = groupSize(s),
    scale = 1 / Math.sqrt(s.width);
  source.main(
    [threads],
    `let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (i >= ${keyCount(s)}u) { return; }
let kv = i % ${s.kvHeads}u;
let place = i / ${s.kvHeads}u;
let token = place % ${s.length}u;
let row = place - token;
var key: array<${head.type}, ${n}>;
var value: array<${head.type}, ${n}>;
var key_change: array<${head.type}, ${n}>;
var value_change: array<${head.type}, ${n}>;
${head.each(
  (d) => `key[${d}] = ${head.load(k, `i * ${n}u + ${d}`)} * ${scale};
value[${d}] = ${head.load(v, `i * ${n}u + ${d}`)};
key_change[${d}] = ${head.type}();
value_change[${d}] = ${head.type}();`,
)}
var end = ${s.length}u;
while (end > token && u32(${source.load(starts, 'row + end - 1u')}) > token) { end--; }
for (var j = token; j < end; j++) {
  if (u32(${source.load(starts, 'row + j')}) > token) { continue; }
  for (var head = 0u; head < ${group}u; head++) {
    let query = (row + j) * ${s.heads}u + kv * ${group}u + head;
    var score = 0.0;
    var gain = 0.0;
    ${head.each(
      (d) => `score += ${head.dot(`key[${d}]`, head.load(q, `query * ${n}u + ${d}`))};
    gain += ${head.dot(`value[${d}]`, head.load(dy, `query * ${n}u + ${d}`))};`,
    )}
    let weight = exp_f32(score - ${source.load(statistics, 'query')});
    let slope = weight * (gain - ${source.load(statistics, `query + ${queryCount(s)}u`)}) * ${scale};
    ${head.each(
      (d) => `key_change[${d}] += slope * ${head.load(q, `query * ${n}u + ${d}`)};
    value_change[${d}] += weight * ${head.load(dy, `query * ${n}u + ${d}`)};`,
    )}
  }
}
${head.each(
  (d) => `${head.store(dk, `i * ${n}u + ${d}`, `key_change[${d}]`)}
${head.store(dv, `i * ${n}u + ${d}`, `value_change[${d}]`)}`,
)}`,
  );
}
