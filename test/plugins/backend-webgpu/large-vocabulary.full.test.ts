import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.js';
import { gradients } from '../../../core/compute/tensor/autodiff.js';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { interpret } from '../../../core/compute/tensor/interpret.js';
import { add, categorical, mul, sum, tokenLogprob } from '../../../core/compute/tensor/ops.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { largeVocabulary, vocabSize } from '../../core/compute/engine/large-vocabulary.js';
import { startOnnx } from '../../core/compute/engine/support.js';
import { invert, naive, off } from '../../core/compute/tensor/naive-categorical.js';
import { skipReason, startWebGpu } from './support.js';

const stream = createRandom(3).stream('large vocabulary');
const rows = 6;
/** A few likely tokens among many: what a language model gives. */
const logits = Float32Array.from(
  { length: rows * vocabSize },
  (_, i) => 12 * stream.uniform(i) ** 8 - 6 * stream.uniform(i, 1),
);

const draws = [
  { ...off, temperature: 0, uniform: 0.5 },
  { ...off, uniform: 0.123 },
  { ...off, temperature: 1.5, uniform: 0.7 },
  { temperature: 0.7, topP: 0.9, topK: 0, uniform: 0.9 },
  { ...off, topP: 0.5, uniform: 0.999 },
  { ...off, topK: 50, uniform: 0.001 },
];
const column = (value: (draw: (typeof draws)[number]) => number): Float32Array => Float32Array.from(draws, value);

type Feeds = Readonly<Record<string, TensorData>>;

async function execute(backend: WebGpuBackend, graph: Graph, feeds: Feeds): Promise<Record<string, TensorData>> {
  const program = await backend.compile(graph, { label: graph.label });
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype, feeds[name])]),
  );
  const outputs = Object.entries(await backend.submit(program, inputs));
  return Object.fromEntries(
    await Promise.all(outputs.map(async ([name, buffer]) => [name, await backend.read(buffer)] as const)),
  );
}

describe.skipIf(skipReason !== undefined).each([
  ['a processor', true],
  ['a GPU', false],
])('151,936 tokens with the kernels for %s', (_, isCpu) => {
  let backend: WebGpuBackend;
  beforeAll(async () => {
    backend = await startWebGpu({ isCpu });
  });
  afterAll(() => backend.dispose());

  it('give the log-probability, the entropy and the gradient of both as in float64', async () => {
    const g = new Graph('score'),
      x = g.input('logits', [rows, vocabSize]),
      weights = g.input('weights', [rows]);
    const { logprob, entropy } = tokenLogprob(x, g.input('tokens', [rows], 'i32'));
    g.output('logprob', logprob);
    g.output('entropy', entropy);
    g.output('gradient', gradients(sum(mul(weights, add(logprob, mul(entropy, 0.1)))), [x])[0]!);
    const feeds = {
      logits,
      tokens: Int32Array.of(0, 1, 75_000, 131_071, 151_934, 151_935),
      weights: Float32Array.of(1, -2, 0.5, 3, -1, 0.25),
    };
    const actual = await execute(backend, g, feeds);
    for (const [name, expected] of Object.entries(interpret(g, feeds))) {
      const worst = expected.reduce(
        (maximum, e, i) =>
          Math.max(maximum, Math.abs(actual[name]![i]! - e) / (name === 'gradient' ? 1 : 1 + Math.abs(e))),
        0,
      );
      expect(worst, name).toBeLessThan(1e-5);
    }
  });

  it('are drawn from as by the definition, for every kind of cut', async () => {
    const g = new Graph('draw'),
      row = (name: string) => g.input(name, [rows]);
    const drawn = categorical({
      logits: g.input('logits', [rows, vocabSize]),
      uniforms: row('uniforms'),
      temperature: row('temperature'),
      topP: row('topP'),
      topK: g.input('topK', [rows], 'i32'),
    });
    g.output('token', drawn.token);
    g.output('logprob', drawn.logprob);
    const actual = await execute(backend, g, {
      logits,
      uniforms: column(({ uniform }) => uniform),
      temperature: column(({ temperature }) => temperature),
      topP: column(({ topP }) => topP),
      topK: Int32Array.from(draws, ({ topK }) => topK),
    });
    draws.forEach((draw, i) => {
      const { kept, logprobs } = naive([...logits.subarray(i * vocabSize, (i + 1) * vocabSize)], draw),
        token = invert(kept, draw.uniform);
      expect(actual['token']![i], JSON.stringify(draw)).toBe(token);
      expect(Math.abs(actual['logprob']![i]! - logprobs[token]!)).toBeLessThan(1e-5 * (1 + Math.abs(logprobs[token]!)));
    });
  });
});

describe.skipIf(skipReason !== undefined)('a vocabulary of 151,936 tokens on webgpu', () => {
  largeVocabulary(
    () => startWebGpu(),
    () => startOnnx(2),
    2e-5,
  );
});
