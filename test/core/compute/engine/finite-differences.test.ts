import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { describe, expect, it } from 'vitest';
import {
  collectTensors,
  exampleBase,
  exampleDecoder,
  exampleSequences,
  exampleTraining,
  untiedDecoder,
} from '../../../../core/conformance/example-model.js';
import type { DeviceBuffer, Program } from '../../../../core/contracts/backend.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { DecoderConfig } from '../../../../core/compute/nn/config.js';
import { adaptersOf } from '../../../../core/compute/nn/lora.js';
import type { ParameterSpec } from '../../../../core/compute/nn/parameters.js';
import { createRandom } from '../../../../core/random.js';
import type { Graph } from '../../../../core/compute/tensor/graph.js';
import { add } from '../../../../core/compute/tensor/ops.js';
import { createInterpreter, type Interpreter } from '../../../../core/compute/tensor/interpret.js';
import { createKlLoss } from '../../../../plugins/kl/loss-term.js';
import { createPpoClip } from '../../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import { ReferenceBackend } from '../../../../plugins/backend-reference/backend.js';
import { lora, mergedByHand, randomAdapters, trainedTensors } from './lora-support.js';
import { createEngine } from './support.js';

/** Keeps the training program and what it was fed, so that it can be executed again in float64 throughout. */
class CapturingBackend extends ReferenceBackend {
  readonly graphs = new Map<string, Graph>();
  captured?: { graph: Graph; values: Record<string, Float64Array> };

  override compile(graph: Graph, options: { label: string; donate?: readonly string[] }): Promise<Program> {
    this.graphs.set(options.label, graph);
    return super.compile(graph, options);
  }

  override async submit(
    program: Program,
    inputs: Readonly<Record<string, DeviceBuffer>>,
  ): Promise<Record<string, DeviceBuffer>> {
    if (program.label.includes(' training ')) {
      const values: Record<string, Float64Array> = {};
      for (const [name, buffer] of Object.entries(inputs)) values[name] = Float64Array.from(await this.read(buffer));
      this.captured = { graph: this.graphs.get(program.label)!, values };
    }
    return super.submit(program, inputs);
  }
}

/** A policy loss with everything switched on: clipped ratio, and KL as a term. */
const policyLoss: Loss = {
  name: 'ppo with kl',
  settings: {},
  build: (g, t) => {
    const { loss } = createPpoClip().build(g, t);
    return { loss: add(loss, createKlLoss({ coefficient: 0.1 }).loss!(g, t)) };
  },
};

const lengths = [
  [2, 5],
  [4, 3],
  [1, 8],
  [6, 2],
] as const;
const { integer } = createRandom(11).stream('finite differences');
/** Rounding costs 1e-16 / step, curvature step²: both about 1e-10. */
const step = 1e-5;
const tolerance = 1e-7;

/**
 * The training program of one model on one micro-batch, fed as the engine fed it: its results in float64, and its loss
 * alone.
 */
async function trainingProgram(
  config: DecoderConfig,
  role: 'policy' | 'critic',
  loss: Loss,
): Promise<{
  results: Record<string, Float64Array>;
  lossOf: Interpreter;
  values: Record<string, Float64Array>;
  names: string[];
}> {
  const backend = new CapturingBackend();
  const engine = await createEngine(
    backend,
    { programs: 'fused', microBatchTokens: 64, rowTokens: 32 },
    { base: exampleBase(config), critic: true },
  );
  const model = engine[role]!;
  const sequences = exampleSequences(lengths, config.vocabSize);
  const scores = await model.forward(sequences);
  await model.accumulate(exampleTraining(sequences, scores), loss);
  const { graph, values } = backend.captured!;
  const names = tensorsOf(model).weightShapes.map((s) => s.name);
  await engine.dispose();
  await backend.dispose();
  const results = createInterpreter(graph).execute(values);
  for (const name of [...graph.outputs.keys()]) if (name !== 'loss') graph.outputs.delete(name);
  return { results, lossOf: createInterpreter(graph), values, names };
}

describe('every parameter gradient equals the finite difference of the whole loss', () => {
  it.each([
    ['policy loss, tied head', exampleDecoder, 'policy', policyLoss],
    ['policy loss, untied head', untiedDecoder, 'policy', policyLoss],
    ['value loss', exampleDecoder, 'critic', createValueLoss()],
    ['value loss without clip', untiedDecoder, 'critic', createValueLoss({ valueClipEps: null })],
  ] as const)('%s', async (_, config, role, loss) => {
    const { results, lossOf, values, names } = await trainingProgram(config, role, loss);
    for (const [n, name] of names.entries()) {
      const parameter = values[name]!,
        gradient = results[`gradient/${name}`]!;
      // The entry with the largest gradient, which is never zero, and one drawn at random.
      const largest = gradient.reduce((best, x, i) => (Math.abs(x) > Math.abs(gradient[best]!) ? i : best), 0);
      expect(Math.abs(gradient[largest]!), name).toBeGreaterThan(1e-6);
      for (const i of [largest, integer(parameter.length, n)]) {
        const at = parameter[i]!;
        const [above, below] = [at + step, at - step].map((x) => {
          parameter[i] = x;
          return lossOf.execute(values)['loss']![0]!;
        }) as [number, number];
        parameter[i] = at;
        expect(Math.abs((above - below) / (2 * step) - gradient[i]!), `${name}[${i}]`).toBeLessThan(
          tolerance * (1 + Math.abs(gradient[i]!)),
        );
      }
    }
  });
});

describe('gradients of adapters equal finite differences of the whole loss', () => {
  it.each([
    ['policy', policyLoss],
    ['critic', createValueLoss()],
  ] as const)('%s', async (role, loss) => {
    const backend = new CapturingBackend();
    const engine = await createEngine(
      backend,
      { programs: 'fused', microBatchTokens: 64, rowTokens: 32 },
      { base: exampleBase(), critic: true, lora },
    );
    const model = engine[role]!;
    const base = await collectTensors(tensorsOf(model).exportWeights());
    await randomAdapters(model);
    const adapters = await trainedTensors(model);
    const sequences = exampleSequences(lengths);
    await model.accumulate(exampleTraining(sequences, await model.forward(sequences)), loss);
    const { graph, values } = backend.captured!;
    // The engine's example optimizer puts the gradient in place of the parameter.
    await model.step({ learningRate: 1, maxGradNorm: Infinity });
    const gradients = await trainedTensors(model);
    await engine.dispose();
    await backend.dispose();
    for (const name of [...graph.outputs.keys()]) if (name !== 'loss') graph.outputs.delete(name);
    const lossOf = createInterpreter(graph);

    for (const { weight, a, b, index } of adaptersOf(tensorsOf(model).weightShapes as ParameterSpec[], lora)) {
      const pair = [a, b].map(({ name }) => Float64Array.from(adapters.get(name)!)) as [Float64Array, Float64Array];
      for (const [which, { name }] of [a, b].entries()) {
        const [parameter, gradient] = [pair[which]!, gradients.get(name)!];
        const i = integer(parameter.length, index, which);
        const at = parameter[i]!;
        const [above, below] = [at + step, at - step].map((x) => {
          parameter[i] = x;
          const merged = mergedByHand(base.get(weight.name)!, pair, lora);
          return lossOf.execute({ ...values, [weight.name]: merged })['loss']![0]!;
        }) as [number, number];
        parameter[i] = at;
        // The gradient is rounded to float32 as it leaves the device, and so is the merged weight.
        expect(Math.abs((above - below) / (2 * step) - gradient[i]!), `${name}[${i}]`).toBeLessThan(
          1e-6 * (1 + Math.abs(gradient[i]!)),
        );
      }
    }
  });
});
