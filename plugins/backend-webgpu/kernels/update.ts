import type { Node } from '../../../core/compute/tensor/graph.js';
import { sizeOf } from '../../../core/compute/tensor/types.js';
import type { Access, Kernel } from '../lower/kernel.js';
import { temporary, type Value } from '../lower/value.js';
import { f32Literal } from '../lower/expression.js';
import { workgroupsPerElement, type KernelSource } from './source.js';

/** A kernel with one item per invocation; `body` sees its number as `i`. */
const perItem = (
  label: string,
  count: number,
  reads: readonly (readonly [Value, Access])[],
  writes: readonly Value[],
  body: (source: KernelSource) => string,
): Kernel => ({
  label,
  reads: new Map(reads),
  writes,
  elements: count,
  workgroups: workgroupsPerElement(count),
  write: (source) => source.perElement(count, body(source)),
});

/** Copies `from` to `to`; where both share memory there is nothing to do, and the planner leaves it out. */
export const copy = (from: Value, to: Value): Kernel & { readonly copies: true } => ({
  ...perItem(`copy ${to.size}`, to.size, [[from, 'own element']], [to], (source) =>
    source.store(to, 'i', source.load(from, 'i')),
  ),
  copies: true,
});

/** One AdamW step in one pass where parameter and moments are donated; see `adamW` in the operations. */
export function adamW(node: Node, inputs: readonly Value[], outputs: readonly Value[]): Kernel[] {
  const [parameter, gradient, m, v, learningRate, step, gradientScale] = inputs as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const a = node.attributes as Record<'beta1' | 'beta2' | 'epsilon' | 'weightDecay', number>;
  const own = (value: Value): readonly [Value, Access] => [value, 'own element'];
  const scalar = (value: Value): readonly [Value, Access] => [value, 'anywhere'];
  const [nextParameter, nextM, nextV] = outputs as [Value, Value, Value];
  // In place, so that it binds 7 buffers: some devices bind no more than 8.
  const reads = [scalar(learningRate), scalar(step), scalar(gradientScale), own(gradient), ...outputs.map(own)];
  const update = perItem(`adamW ${parameter.size}`, parameter.size, reads, outputs, (source) => {
    const correction = (beta: number): string => `-expm1_f32(steps * ${f32Literal(Math.log(beta))})`;
    const at = (value: Value): string => source.load(value, 'i');
    return `let g = ${at(gradient)} * ${source.load(gradientScale, '0u')};
let rate = ${source.load(learningRate, '0u')};
let steps = ${source.load(step, '0u')};
let next_m = ${at(nextM)} * ${f32Literal(a.beta1)} + g * ${f32Literal(1 - a.beta1)};
let next_v = ${at(nextV)} * ${f32Literal(a.beta2)} + g * g * ${f32Literal(1 - a.beta2)};
let update = (next_m / (${a.beta1 === 0 ? '1.0' : correction(a.beta1)})) / (sqrt(next_v / (${a.beta2 === 0 ? '1.0' : correction(a.beta2)})) + ${f32Literal(a.epsilon)});
let next = ${at(nextParameter)} * (1.0 - rate * ${f32Literal(a.weightDecay)}) - rate * update;
${source.store(nextParameter, 'i', 'next')}
${source.store(nextM, 'i', 'next_m')}
${source.store(nextV, 'i', 'next_v')}`;
  });
  return [copy(parameter, nextParameter), copy(m, nextM), copy(v, nextV), update];
}

/** Writes rows to their places in a cache; see `cacheWrite` in the operations. Where the cache is donated, nothing else is touched. */
export function cacheWrite(node: Node, [cache, rows, index]: readonly Value[], [output]: readonly Value[]): Kernel[] {
  const [slots, heads, x, y] = node.inputs[0]!.shape as [number, number, number, number];
  const keys = node.attributes['axis'] === 3,
    h = keys ? x : y,
    capacity = keys ? y : x,
    count = index!.size;
  const place = keys
    ? `((slot * ${heads}u + e / ${h}u) * ${h}u + e % ${h}u) * ${capacity}u + token`
    : `((slot * ${heads}u + e / ${h}u) * ${capacity}u + token) * ${h}u + e % ${h}u`;
  return [
    copy(cache!, output!),
    perItem(
      `cache write ${count}x${heads * h}`,
      count * heads * h,
      [
        [output!, 'own element'],
        [rows!, 'anywhere'],
        [index!, 'anywhere'],
      ],
      [output!],
      (source) => `let e = i % ${heads * h}u;
let at = ${source.load(index!, `i / ${heads * h}u`)};
if (at < 0 || at >= ${slots * capacity}) { return; }
let slot = u32(at) / ${capacity}u;
let token = u32(at) % ${capacity}u;
${source.store(output!, place, source.load(rows!, 'i'))}`,
    ),
  ];
}

/** No position. */
const none = '0xffffffffu';

/**
 * Adds rows to a table, repeated ids in their order, without atomics: each position is linked with the next one of the same id, and the
 * first position of an id adds up the whole chain. Rows that no id names are not touched where the table is donated.
 */
export function scatterAddRows(
  node: Node,
  [base, ids, updates]: readonly Value[],
  [output]: readonly Value[],
): Kernel[] {
  const width = node.inputs[0]!.shape[1]!,
    rows = node.inputs[0]!.shape[0]!,
    count = sizeOf(node.inputs[1]!.shape);
  const chain = temporary(`${output!.name} chain`, 2 * count, 'i32');
  const link = perItem(
    `link ${count} ids`,
    count,
    [[ids!, 'anywhere']],
    [chain],
    (source) => `let id = ${source.load(ids!, 'i')};
var next = i + 1u;
while (next < ${count}u && ${source.load(ids!, 'next')} != id) { next++; }
var first = u32(id) < ${rows}u;
for (var before = i; before > 0u && first; before--) { first = ${source.load(ids!, 'before - 1u')} != id; }
${source.store(chain, 'i', `select(-1, i32(next), next < ${count}u)`)}
${source.store(chain, `i + ${count}u`, 'select(0, 1, first)')}`,
  );
  const accumulate = perItem(
    `add ${count} rows of ${width}`,
    count * width,
    [
      [output!, 'own element'],
      [ids!, 'anywhere'],
      [updates!, 'anywhere'],
      [chain, 'anywhere'],
    ],
    [output!],
    (source) => {
      const target = `u32(${source.load(ids!, 'position')}) * ${width}u + d`;
      return `let position = i / ${width}u;
if (${source.load(chain, `position + ${count}u`)} == 0) { return; }
let d = i % ${width}u;
var total = ${source.load(output!, target)};
for (var at = position; at != ${none}; at = u32(${source.load(chain, 'at')})) { total += ${source.load(updates!, `at * ${width}u + d`)}; }
${source.store(output!, target, 'total')}`;
    },
  );
  return [copy(base!, output!), link, accumulate];
}
