import { decodeBlock, block, embed, languageHead } from '../nn/decoder.js';
import { embeddingName, finalNormName, languageHeadName, layerPrefix } from '../nn/parameters.js';
import type { DecoderConfig } from '../nn/config.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { cacheWrite, categorical, concat, expand, gatherRows, reshape } from '../tensor/ops.js';
import { sizeOf, type Shape } from '../tensor/types.js';
import { layoutInputs } from './network.js';
import { weightInputs, type StoredWeights } from './stored-weights.js';

/** Extents of a key-value cache: sequences decoded together, and tokens that each of them can have. */
export interface CacheExtents {
  readonly lanes: number;
  readonly capacity: number;
}

/** Prefix of the inputs and outputs of a program that are caches. Donate the inputs. */
export const cachePrefix = 'cache/';

/** One tensor of the cache: all keys or all values of a layer. */
interface CacheTensor {
  readonly name: string;
  readonly shape: Shape;
  /** The axis along which the tokens lie, of extent `capacity`. */
  readonly tokenAxis: 2 | 3;
}

/** Keys lie transposed, f32 [lanes, kvHeads, h, capacity]. */
const keyCache = (c: DecoderConfig, layer: number, { lanes, capacity }: CacheExtents): CacheTensor => ({
  name: `${cachePrefix}key.${layer}`,
  shape: [lanes, c.kvHeads, c.headDim, capacity],
  tokenAxis: 3,
});

/** f32 [lanes, kvHeads, capacity, h]. */
const valueCache = (c: DecoderConfig, layer: number, { lanes, capacity }: CacheExtents): CacheTensor => ({
  name: `${cachePrefix}value.${layer}`,
  shape: [lanes, c.kvHeads, capacity, c.headDim],
  tokenAxis: 2,
});

/** Keys and values of every layer. */
export const cacheTensors = (c: DecoderConfig, extents: CacheExtents): CacheTensor[] =>
  Array.from({ length: c.layers }, (_, layer) => [keyCache(c, layer, extents), valueCache(c, layer, extents)]).flat();

/**
 * Keys and values [N, kvHeads · h] of every prompt token, as outputs named like the caches. No head: the last prompt
 * token is decoded.
 */
export function prefillGraph(c: DecoderConfig, weights: StoredWeights, rows: number, length: number): Graph {
  const g = new Graph(`prefill ${rows}x${length}`);
  const w = weightInputs(g, weights);
  const layout = layoutInputs(g, c, rows, length);
  const extents = { lanes: rows, capacity: length };
  let x = embed(g.input('tokens', [rows * length], 'i32'), w(embeddingName));
  for (let layer = 0; layer < c.layers; layer++) {
    const out = block(c, x, (name) => w(layerPrefix(layer) + name), layout);
    g.output(keyCache(c, layer, extents).name, out.k);
    g.output(valueCache(c, layer, extents).name, out.v);
    x = out.x;
  }
  return g;
}

/** Prefix of the inputs of {@link fillGraph} that are outputs of a prefill. */
export const prefillPrefix = 'prefill/';

/**
 * Copies rows `source` [M] of prefilled keys and values [tokens, kvHeads · h] to the cache entries `index` [M]
 * (lane · capacity + position; negative: none).
 */
export function fillGraph(c: DecoderConfig, extents: CacheExtents, size: { tokens: number; entries: number }): Graph {
  const g = new Graph(`fill ${extents.lanes}x${extents.capacity} from ${size.tokens}, ${size.entries}`);
  const index = g.input('index', [size.entries], 'i32'),
    source = g.input('source', [size.entries], 'i32');
  for (const { name, shape, tokenAxis } of cacheTensors(c, extents)) {
    const rows = gatherRows(g.input(prefillPrefix + name, [size.tokens, c.kvHeads * c.headDim]), source);
    g.output(name, cacheWrite(g.input(name, shape), rows, index, tokenAxis));
  }
  return g;
}

/** Caches for another number of lanes, lane s taken from lane `sourceLane[s]`, and for at least the old capacity. */
export function relayoutGraph(c: DecoderConfig, from: CacheExtents, to: CacheExtents): Graph {
  const g = new Graph(`relayout ${from.lanes}x${from.capacity} to ${to.lanes}x${to.capacity}`);
  const sourceLane = g.input('sourceLane', [to.lanes], 'i32');
  for (const { name, shape, tokenAxis } of cacheTensors(c, from)) {
    const [, ...laneShape] = shape;
    const flat = reshape(g.input(name, shape), [from.lanes, sizeOf(laneShape)]);
    const moved = reshape(gatherRows(flat, sourceLane), [to.lanes, ...laneShape]);
    const added = moved.shape.map((n, axis) => (axis === tokenAxis ? to.capacity - from.capacity : n));
    g.output(name, to.capacity > from.capacity ? concat([moved, expand(g.scalar(0), added)], tokenAxis) : moved);
  }
  return g;
}

/**
 * One token for every lane: reads the cache, draws the next token, writes the new keys and values. `lengths` are the
 * tokens already cached, `index` the cache entries of the new ones (negative: none).
 */
export function decodeGraph(c: DecoderConfig, weights: StoredWeights, extents: CacheExtents): Graph {
  const { lanes, capacity } = extents;
  const g = new Graph(`decode ${lanes}x${capacity}`);
  const w = weightInputs(g, weights);
  const perLane = (name: string, dtype: 'f32' | 'i32' = 'f32'): Tensor => g.input(name, [lanes], dtype);
  const lengths = perLane('lengths', 'i32'),
    index = perLane('index', 'i32');
  const cos = g.input('cos', [lanes, c.headDim / 2]),
    sin = g.input('sin', [lanes, c.headDim / 2]);
  let x: Tensor = embed(perLane('tokens', 'i32'), w(embeddingName));
  for (let layer = 0; layer < c.layers; layer++) {
    const keys = keyCache(c, layer, extents),
      values = valueCache(c, layer, extents);
    const past = { keyCache: g.input(keys.name, keys.shape), valueCache: g.input(values.name, values.shape) };
    const out = decodeBlock(c, x, (name) => w(layerPrefix(layer) + name), { ...past, lengths, cos, sin });
    g.output(keys.name, cacheWrite(past.keyCache, out.k, index, keys.tokenAxis));
    g.output(values.name, cacheWrite(past.valueCache, out.v, index, values.tokenAxis));
    x = out.x;
  }
  const drawn = categorical({
    logits: languageHead(c, x, w(finalNormName), w(languageHeadName(c))),
    uniforms: perLane('uniforms'),
    temperature: perLane('temperature'),
    topP: perLane('topP'),
    topK: perLane('topK', 'i32'),
  });
  g.output('token', drawn.token);
  g.output('logprob', drawn.logprob);
  return g;
}
