import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import { queryPlace } from './direct-forward.js';
import { describe, lowest, type AttentionShape } from './shape.js';

const threads = 64;

/** dq and what the gradient of keys needs of each query, one query of one head per invocation. */
export function directQueryGradient(s: AttentionShape, inputs: readonly Value[], dq: Value, statistics: Value): Kernel {
  const [q, k, v, starts, y, dy] = inputs as [Value, Value, Value, Value, Value, Value];
  const queries = s.rows * s.length * s.heads, h = s.width, scale = 1 / Math.sqrt(h);
  return {
    label: `attention gradient of queries ${describe(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])), writes: [dq, statistics], workgroups: gridOf(Math.ceil(queries / threads)),
    write: (source) => source.main([threads], `${queryPlace(s)}
var query: array<f32, ${h}>;
var change: array<f32, ${h}>;
var result: array<f32, ${h}>;
var mean = 0.0;
for (var d = 0u; d < ${h}u; d++) {
  query[d] = ${source.load(q, `i * ${h}u + d`)} * ${scale};
  change[d] = ${source.load(dy, `i * ${h}u + d`)};
  mean += change[d] * ${source.load(y, `i * ${h}u + d`)};
  result[d] = 0.0;
}
let start = u32(${source.load(starts, 'place')});
var top = ${lowest};
var total = 0.0;
for (var j = start; j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${h}u;
  var score = 0.0;
  for (var d = 0u; d < ${h}u; d++) { score += query[d] * ${source.load(k, 'at + d')}; }
  if (score > top) { total *= exp_f32(top - score); top = score; }
  total += exp_f32(score - top);
}
let log_total = top + log_f32(total);
for (var j = start; j <= token; j++) {
  let at = ((row + j) * ${s.kvHeads}u + kv) * ${h}u;
  var score = 0.0;
  var gain = 0.0;
  for (var d = 0u; d < ${h}u; d++) {
    score += query[d] * ${source.load(k, 'at + d')};
    gain += change[d] * ${source.load(v, 'at + d')};
  }
  let slope = exp_f32(score - log_total) * (gain - mean) * ${scale};
  for (var d = 0u; d < ${h}u; d++) { result[d] += slope * ${source.load(k, 'at + d')}; }
}
for (var d = 0u; d < ${h}u; d++) { ${source.store(dq, `i * ${h}u + d`, 'result[d]')} }
${source.store(statistics, 'i', 'log_total')}
${source.store(statistics, `i + ${queries}u`, 'mean')}`),
  };
}

/** dk and dv, one key of one head per invocation. */
export function directKeyGradient(s: AttentionShape, inputs: readonly Value[], { dk, dv }: { readonly dk: Value; readonly dv: Value }, statistics: Value): Kernel {
  const [q, k, v, starts, , dy] = inputs as [Value, Value, Value, Value, Value, Value];
  const queries = s.rows * s.length * s.heads, keys = s.rows * s.length * s.kvHeads, group = s.heads / s.kvHeads, h = s.width;
  return {
    label: `attention gradient of keys ${describe(s)}`,
    reads: new Map([q, k, v, starts, dy, statistics].map((value) => [value, 'anywhere'])), writes: [dk, dv], workgroups: gridOf(Math.ceil(keys / threads)),
    write: (source) => source.main([threads], `let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane;
if (i >= ${keys}u) { return; }
let kv = i % ${s.kvHeads}u;
let place = i / ${s.kvHeads}u;
let token = place % ${s.length}u;
let row = place - token;
var key: array<f32, ${h}>;
var value: array<f32, ${h}>;
var key_change: array<f32, ${h}>;
var value_change: array<f32, ${h}>;
for (var d = 0u; d < ${h}u; d++) {
  key[d] = ${source.load(k, `i * ${h}u + d`)} * ${1 / Math.sqrt(h)};
  value[d] = ${source.load(v, `i * ${h}u + d`)};
  key_change[d] = 0.0;
  value_change[d] = 0.0;
}
for (var j = token; j < ${s.length}u; j++) {
  if (u32(${source.load(starts, 'row + j')}) > token) { continue; }
  for (var head = 0u; head < ${group}u; head++) {
    let query = (row + j) * ${s.heads}u + kv * ${group}u + head;
    var score = 0.0;
    var gain = 0.0;
    for (var d = 0u; d < ${h}u; d++) {
      score += key[d] * ${source.load(q, `query * ${h}u + d`)};
      gain += value[d] * ${source.load(dy, `query * ${h}u + d`)};
    }
    let weight = exp_f32(score - ${source.load(statistics, 'query')});
    let slope = weight * (gain - ${source.load(statistics, `query + ${queries}u`)}) * ${1 / Math.sqrt(h)};
    for (var d = 0u; d < ${h}u; d++) {
      key_change[d] += slope * ${source.load(q, `query * ${h}u + d`)};
      value_change[d] += weight * ${source.load(dy, `query * ${h}u + d`)};
    }
  }
}
for (var d = 0u; d < ${h}u; d++) {
  ${source.store(dk, `i * ${h}u + d`, 'key_change[d]')}
  ${source.store(dv, `i * ${h}u + d`, 'value_change[d]')}
}`),
  };
}
