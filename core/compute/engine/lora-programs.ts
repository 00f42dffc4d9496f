import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { Adapter, LoraSettings } from '../nn/lora.js';
import { Graph } from '../tensor/graph.js';
import { add, matmul, mul } from '../tensor/ops.js';
import { notFound } from './errors.js';
import { execute, outputOf, type Feed, type ProgramCache } from './programs.js';
import { storedInput } from './stored-weights.js';

/** What the programs of adapters are made with. */
export interface AdapterPrograms {
  readonly backend: Backend;
  readonly programs: ProgramCache;
  readonly lora: LoraSettings;
}

/**
 * W = W₀ + alpha/rank · B·A [out, in] in f32 from inputs `base`, stored as the adapter's weight says, `a` and `b`; the
 * caller owns the buffer.
 */
export async function mergedWeight(
  parts: AdapterPrograms,
  adapter: Adapter,
  inputs: Readonly<Record<'base' | 'a' | 'b', DeviceBuffer>>,
): Promise<DeviceBuffer> {
  const { shape, dtype } = adapter.weight;
  const key = `${keyOf('merge', parts, adapter)} ${dtype}`;
  const program = await parts.programs.get(key, () => {
    const g = new Graph(key);
    const product = matmul(g.input('b', adapter.b.shape), g.input('a', adapter.a.shape));
    g.output('weight', add(storedInput(g, 'base', shape, dtype), mul(product, scaleOf(parts.lora))));
    return g;
  });
  return outputOf(await execute(parts.backend, program, feedFrom(inputs)), 'weight');
}

type ProjectionInputs = Readonly<Record<'weight' | 'a' | 'b' | 'gradient/a' | 'gradient/b', DeviceBuffer>>;

/**
 * Adds to accumulators of A and B what the gradient `weight` of W means for them: alpha/rank · Bᵀ·dW and
 * alpha/rank · dW·Aᵀ. Consumes `weight` and both accumulators; the caller owns the new ones.
 */
export async function projectedGradients(
  parts: AdapterPrograms,
  adapter: Adapter,
  inputs: ProjectionInputs,
): Promise<Readonly<Record<'a' | 'b', DeviceBuffer>>> {
  const key = keyOf('gradient', parts, adapter);
  const program = await parts.programs.get(key, () => projectionGraph(key, parts.lora, adapter), [
    'weight',
    'gradient/',
  ]);
  const outputs = await execute(parts.backend, program, feedFrom(inputs));
  return { a: outputOf(outputs, 'a'), b: outputOf(outputs, 'b') };
}

function projectionGraph(key: string, lora: LoraSettings, { weight, a, b }: Adapter): Graph {
  const g = new Graph(key);
  const dW = g.input('weight', weight.shape);
  const scale = scaleOf(lora);
  const da = mul(matmul(g.input('b', b.shape), dW, { transA: true }), scale);
  const db = mul(matmul(dW, g.input('a', a.shape), { transB: true }), scale);
  g.output('a', add(g.input('gradient/a', a.shape), da));
  g.output('b', add(g.input('gradient/b', b.shape), db));
  return g;
}

const scaleOf = ({ alpha, rank }: LoraSettings): number => alpha / rank;

/** One program serves all layers of equal shape. */
const keyOf = (what: string, { lora }: AdapterPrograms, { weight }: Adapter): string =>
  `lora ${what} [${weight.shape.join()}] rank ${lora.rank} alpha ${lora.alpha}`;

const feedFrom =
  (inputs: Readonly<Record<string, DeviceBuffer>>) =>
  (name: string): Feed => {
    const buffer = inputs[name];
    if (!buffer) throw notFound('Adapter input', name, Object.keys(inputs));
    return buffer;
  };
