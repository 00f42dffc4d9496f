import type { Backend, DeviceBuffer } from '../../../core/contracts/backend.js';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import { block, embed, languageHead, tokenScores } from '../../../core/compute/nn/decoder.js';
import { decoderParameters, embeddingName, finalNormName, layerPrefix } from '../../../core/compute/nn/parameters.js';
import { createRandom } from '../../../core/random.js';
import { gradients } from '../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../core/compute/tensor/graph.js';
import { mul, sum } from '../../../core/compute/tensor/ops.js';
import { sizeOf, type TensorData } from '../../../core/compute/tensor/types.js';
import type { OnnxBackend } from '../../../plugins/backend-onnx/backend.js';
import { createOnnxBackend } from '../../../plugins/backend-onnx/start.js';

/** Every session has all threads, small ones too: their number must not show in the bits. */
export const startCpu = (threads = 1): Promise<OnnxBackend> =>
  createOnnxBackend({ provider: 'cpu', threads }, (_, available) => available);

export const f32 = (backend: Backend, shape: readonly number[], ...values: number[]): DeviceBuffer =>
  backend.create(shape, 'f32', Float32Array.from(values));

/** Compiles, executes once and reads every output. */
export async function execute(
  backend: Backend,
  graph: Graph,
  inputs: Record<string, DeviceBuffer>,
  donate: string[] = [],
): Promise<Record<string, TensorData>> {
  const program = await backend.compile(graph, { label: graph.label, donate });
  const outputs = await backend.submit(program, inputs);
  const results: Record<string, TensorData> = {};
  for (const [name, buffer] of Object.entries(outputs)) {
    results[name] = await backend.read(buffer);
    backend.release(buffer);
  }
  await program.release();
  return results;
}

export const smallDecoder: DecoderConfig = {
  vocabSize: 37,
  hiddenSize: 24,
  layers: 2,
  heads: 3,
  kvHeads: 1,
  headDim: 8,
  intermediateSize: 40,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 64,
};

/** Loss and running gradient sums of a decoder over packed rows: what one training step computes. */
export function trainingGraph(c: DecoderConfig, rows: number, length: number): { graph: Graph; donate: string[] } {
  const graph = new Graph('training step');
  const tokens = rows * length;
  const weights = new Map(decoderParameters(c, 'language').map(({ name, shape }) => [name, graph.input(name, shape)]));
  const layout = {
    rows,
    length,
    starts: graph.input('starts', [rows, length], 'i32'),
    cos: graph.input('cos', [tokens, c.headDim / 2]),
    sin: graph.input('sin', [tokens, c.headDim / 2]),
  };
  let x = embed(graph.input('tokens', [tokens], 'i32'), weights.get(embeddingName)!);
  for (let layer = 0; layer < c.layers; layer++)
    x = block(c, x, (name) => weights.get(layerPrefix(layer) + name)!, layout).x;
  const logits = languageHead(c, x, weights.get(finalNormName)!, weights.get(embeddingName)!);
  const { logprob, entropy } = tokenScores(logits, graph.input('targets', [tokens], 'i32'), 1);
  const loss = sum(mul(logprob, graph.input('weights', [tokens])));
  graph.output('loss', loss);
  graph.output('logprob', logprob);
  graph.output('entropy', entropy);
  const sums = new Map<Tensor, Tensor>([...weights].map(([name, t]) => [t, graph.input(`sum.${name}`, t.shape)]));
  gradients(loss, [...weights.values()], sums).forEach((t, i) => graph.output(`sum.${[...weights.keys()][i]!}`, t!));
  return { graph, donate: [...weights.keys()].map((name) => `sum.${name}`) };
}

/** Values for every input of a graph: ids below the vocabulary, sequences that start at 0, small weights. */
export function trainingInputs(graph: Graph, c: DecoderConfig): Record<string, TensorData> {
  const random = createRandom(7).stream('training inputs');
  return Object.fromEntries(
    [...graph.inputs].map(([name, t], k) => {
      const n = sizeOf(t.shape);
      if (name === 'starts') return [name, new Int32Array(n)];
      if (t.dtype === 'i32') return [name, Int32Array.from({ length: n }, (_, i) => random.integer(c.vocabSize, k, i))];
      const [low, high] = name.includes('norm') ? [0.9, 1.1] : [-0.5, 0.5];
      return [name, Float32Array.from({ length: n }, (_, i) => low + (high - low) * random.uniform(k, i))];
    }),
  );
}

export const upload = (
  backend: Backend,
  graph: Graph,
  values: Record<string, TensorData>,
): Record<string, DeviceBuffer> =>
  Object.fromEntries([...graph.inputs].map(([name, t]) => [name, backend.create(t.shape, t.dtype, values[name])]));
