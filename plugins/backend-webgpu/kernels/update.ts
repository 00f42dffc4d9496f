import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { f32Literal } from '../lower/expression.js';
import type { Access, Kernel } from '../lower/kernel.js';
import { temporary, type Value } from '../lower/value.js';
import { workgroupsPerElement, type KernelSource } from './source.js';

/** What a kernel with one item per invocation touches. */
interface Items {
  readonly label: string;
  readonly count: number;
  readonly reads: readonly (readonly [Value, Access])[];
  readonly writes: readonly Value[];
}

/** A kernel with one item per invocation; `body` sees its number as `i`. */
const perItem = ({ label, count, reads, writes }: Items, body: (source: KernelSource) => string): Kernel => ({
  label,
  reads: new Map(reads),
  writes,
  elements: count,
  workgroups: workgroupsPerElement(count),
  write: (source) => source.perElement(count, body(source)),
});

/** Copies `from` to `to`; where both share memory there is nothing to do, and the memory layout leaves it out. */
export const copy = (from: Value, to: Value): Kernel & { readonly copies: true } => ({
  ...perItem({ label: `copy ${to.size}`, count: to.size, reads: [[from, 'own element']], writes: [to] }, (source) =>
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
  const items = { label: `adamW ${parameter.size}`, count: parameter.size, reads, writes: outputs };
  const update = perItem(items, (source) => {
    const correction = (beta: number): string =>
      beta === 0 ? '1.0' : `-expm1_f32(steps * ${f32Literal(Math.log(beta))})`;
    const at = (value: Value): string => source.load(value, 'i');
    return `let g = ${at(gradient)} * ${source.load(gradientScale, '0u')};
let rate = ${source.load(learningRate, '0u')};
let steps = ${source.load(step, '0u')};
let next_m = ${at(nextM)} * ${f32Literal(a.beta1)} + g * ${f32Literal(1 - a.beta1)};
let next_v = ${at(nextV)} * ${f32Literal(a.beta2)} + g * g * ${f32Literal(1 - a.beta2)};
let update = (next_m / (${correction(a.beta1)}))
  / (sqrt(next_v / (${correction(a.beta2)})) + ${f32Literal(a.epsilon)});
let next = ${at(nextParameter)} * (1.0 - rate * ${f32Literal(a.weightDecay)}) - rate * update;
${source.store(nextParameter, 'i', 'next')}
${source.store(nextM, 'i', 'next_m')}
${source.store(nextV, 'i', 'next_v')}`;
  });
  return [copy(parameter, nextParameter), copy(m, nextM), copy(v, nextV), update];
}

/**
 * Writes rows into a cache at flat token indices (lane · capacity + token); see `cacheWrite` in the operations. Where
 * the cache is donated, nothing else is touched.
 */
export function cacheWrite(node: Node, inputs: readonly Value[], outputs: readonly Value[]): Kernel[] {
  const [lanes, heads, x, y] = elementAt(node.inputs, 0).shape as [number, number, number, number];
  const [cache, rows, index] = inputs as [Value, Value, Value],
    output = elementAt(outputs, 0);
  const isKeyCache = node.attributes['axis'] === 3,
    h = isKeyCache ? x : y,
    capacity = isKeyCache ? y : x,
    count = index.size;
  const target = isKeyCache
    ? `((slot * ${heads}u + e / ${h}u) * ${h}u + e % ${h}u) * ${capacity}u + token`
    : `((slot * ${heads}u + e / ${h}u) * ${capacity}u + token) * ${h}u + e % ${h}u`;
  const write = perItem(
    {
      label: `cache write ${count}x${heads * h}`,
      count: count * heads * h,
      reads: [
        [output, 'own element'],
        [rows, 'anywhere'],
        [index, 'anywhere'],
      ],
      writes: [output],
    },
    (source) => `let e = i % ${heads * h}u;
let at = ${source.load(index, `i / ${heads * h}u`)};
if (at < 0 || at >= ${lanes * capacity}) { return; }
let slot = u32(at) / ${capacity}u;
let token = u32(at) % ${capacity}u;
${source.store(output, target, source.load(rows, 'i'))}`,
  );
  return [copy(cache, output), write];
}

/** No position. */
const none = '0xffffffffu';

/**
 * Adds rows to a table, repeated ids in their order, without atomics: each position is linked with the next one of the
 * same id, and the first position of an id adds up the whole chain. Rows that no id names are not touched where the
 * table is donated.
 */
export function scatterAddRows(node: Node, inputs: readonly Value[], outputs: readonly Value[]): Kernel[] {
  const [rows, width] = elementAt(node.inputs, 0).shape as [number, number];
  const [base, ids, updates] = inputs as [Value, Value, Value],
    output = elementAt(outputs, 0);
  const chain = temporary(`${output.name} chain`, 2 * ids.size, 'i32');
  return [copy(base, output), linkIds(ids, chain, rows), addChains({ ids, updates, chain, output }, width)];
}

/** Writes to `chain` the next position of each id, or −1, and then whether a position is the first of its id. */
function linkIds(ids: Value, chain: Value, rows: number): Kernel {
  const count = ids.size;
  return perItem(
    { label: `link ${count} ids`, count, reads: [[ids, 'anywhere']], writes: [chain] },
    (source) => `let id = ${source.load(ids, 'i')};
var next = i + 1u;
while (next < ${count}u && ${source.load(ids, 'next')} != id) { next++; }
var first = u32(id) < ${rows}u;
for (var before = i; before > 0u && first; before--) { first = ${source.load(ids, 'before - 1u')} != id; }
${source.store(chain, 'i', `select(-1, i32(next), next < ${count}u)`)}
${source.store(chain, `i + ${count}u`, 'select(0, 1, first)')}`,
  );
}

type ScatterValues = Readonly<Record<'ids' | 'updates' | 'chain' | 'output', Value>>;

/** Adds the updates of each chain to its row, `width` elements long. */
function addChains({ ids, updates, chain, output }: ScatterValues, width: number): Kernel {
  const count = ids.size;
  return perItem(
    {
      label: `add ${count} rows of ${width}`,
      count: count * width,
      reads: [
        [output, 'own element'],
        [ids, 'anywhere'],
        [updates, 'anywhere'],
        [chain, 'anywhere'],
      ],
      writes: [output],
    },
    (source) => {
      const target = `u32(${source.load(ids, 'position')}) * ${width}u + d`;
      return `let position = i / ${width}u;
if (${source.load(chain, `position + ${count}u`)} == 0) { return; }
let d = i % ${width}u;
var total = ${source.load(output, target)};
for (var at = position; at != ${none}; at = u32(${source.load(chain, 'at')})) {
  total += ${source.load(updates, `at * ${width}u + d`)};
}
${source.store(output, target, 'total')}`;
    },
  );
}
