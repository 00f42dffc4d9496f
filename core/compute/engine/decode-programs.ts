import { decodeBlock, block, embed, languageHead, type DecodeState } from '../nn/decoder.js';
import { embeddingName, finalNormName, languageHeadName, layerPrefix } from '../nn/parameters.js';
import type { DecoderConfig } from '../nn/config.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { cacheWrite, categorical, concat, expand, gatherRows, reshape } from '../tensor/ops.js';
import { layoutInputs, weightInputs } from './network.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

export const keyCacheName = (layer: number): string => `cache/key.${layer}`;
export const valueCacheName = (layer: number): string => `cache/value.${layer}`;

const keyShape = (c: DecoderConfig, slots: number, capacity: number): number[] => [
  slots,
  c.kvHeads,
  c.headDim,
  capacity,
];
const valueShape = (c: DecoderConfig, slots: number, capacity: number): number[] => [
  slots,
  c.kvHeads,
  capacity,
  c.headDim,
];

export const cacheShapes = (c: DecoderConfig, slots: number, capacity: number): Map<string, number[]> =>
  new Map(
    Array.from({ length: c.layers }, (_, layer) => [
      [keyCacheName(layer), keyShape(c, slots, capacity)] as const,
      [valueCacheName(layer), valueShape(c, slots, capacity)] as const,
    ]).flat(),
  );

/** Keys and values [N, kvHeads · h] of every prompt token, as outputs named like the caches. No head: the last prompt token is decoded. */
export function prefillGraph(c: DecoderConfig, shapes: Shapes, rows: number, length: number): Graph {
  const g = new Graph(`prefill ${rows}x${length}`);
  const w = weightInputs(g, shapes);
  const layout = layoutInputs(g, c, rows, length);
  let x = embed(g.input('tokens', [rows * length], 'i32'), w(embeddingName));
  for (let layer = 0; layer < c.layers; layer++) {
    const out = block(c, x, (name) => w(layerPrefix(layer) + name), layout);
    g.output(keyCacheName(layer), out.k);
    g.output(valueCacheName(layer), out.v);
    x = out.x;
  }
  return g;
}

/** Copies rows `source` [M] of prefilled keys and values to the cache places `index` [M] (negative: none). Donate `cache/`. */
export function fillGraph(
  c: DecoderConfig,
  t: { slots: number; capacity: number; tokens: number; entries: number },
): Graph {
  const g = new Graph(`fill ${t.slots}x${t.capacity} from ${t.tokens}, ${t.entries}`);
  const index = g.input('index', [t.entries], 'i32'),
    source = g.input('source', [t.entries], 'i32');
  for (const [name, shape] of cacheShapes(c, t.slots, t.capacity)) {
    const rows = gatherRows(g.input(`prefill/${name}`, [t.tokens, c.kvHeads * c.headDim]), source);
    g.output(name, cacheWrite(g.input(name, shape), rows, index, name.startsWith('cache/key') ? 3 : 2));
  }
  return g;
}

/** Caches for another number of slots (row s from old slot `slotOf[s]`) and at least the old capacity. Donate `cache/`. */
export function relayoutGraph(
  c: DecoderConfig,
  from: { slots: number; capacity: number },
  to: { slots: number; capacity: number },
): Graph {
  const g = new Graph(`relayout ${from.slots}x${from.capacity} to ${to.slots}x${to.capacity}`);
  const slotOf = g.input('slotOf', [to.slots], 'i32');
  const target = cacheShapes(c, to.slots, to.capacity);
  for (const [name, shape] of cacheShapes(c, from.slots, from.capacity)) {
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    const moved = reshape(gatherRows(reshape(g.input(name, shape), [from.slots, size]), slotOf), [
      to.slots,
      ...shape.slice(1),
    ]);
    const axis = name.startsWith('cache/key') ? 3 : 2;
    const more = target.get(name)!.map((n, i) => (i === axis ? to.capacity - from.capacity : n));
    g.output(name, to.capacity > from.capacity ? concat([moved, expand(g.scalar(0), more)], axis) : moved);
  }
  return g;
}

/**
 * One token for every slot: reads the cache, draws the next token, writes the new keys and values. `lengths` are the tokens
 * already cached; `index` the cache places of the new ones. Donate `cache/`.
 */
export function decodeGraph(c: DecoderConfig, shapes: Shapes, slots: number, capacity: number): Graph {
  const g = new Graph(`decode ${slots}x${capacity}`);
  const w = weightInputs(g, shapes);
  const half = c.headDim / 2;
  const lengths = g.input('lengths', [slots], 'i32'),
    index = g.input('index', [slots], 'i32');
  const cos = g.input('cos', [slots, half]),
    sin = g.input('sin', [slots, half]);
  let x: Tensor = embed(g.input('tokens', [slots], 'i32'), w(embeddingName));
  for (let layer = 0; layer < c.layers; layer++) {
    const keyCache = g.input(keyCacheName(layer), keyShape(c, slots, capacity)),
      valueCache = g.input(valueCacheName(layer), valueShape(c, slots, capacity));
    const state: DecodeState = { keyCache, valueCache, lengths, cos, sin };
    const out = decodeBlock(c, x, (name) => w(layerPrefix(layer) + name), state);
    g.output(keyCacheName(layer), cacheWrite(keyCache, out.k, index, 3));
    g.output(valueCacheName(layer), cacheWrite(valueCache, out.v, index, 2));
    x = out.x;
  }
  const row = (name: string, dtype: 'f32' | 'i32' = 'f32'): Tensor => g.input(name, [slots], dtype);
  const logits = languageHead(c, x, w(finalNormName), w(languageHeadName(c)));
  const drawn = categorical({
    logits,
    uniforms: row('uniforms'),
    temperature: row('temperature'),
    topP: row('topP'),
    topK: row('topK', 'i32'),
  });
  g.output('token', drawn.token);
  g.output('logprob', drawn.logprob);
  return g;
}
