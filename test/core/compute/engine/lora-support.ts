import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { collectTensors, exampleSequences, exampleTraining } from '../../../../core/conformance/example-model.js';
import type { Model, NamedTensor } from '../../../../core/contracts/model.js';
import { loraTargets, type LoraSettings } from '../../../../core/compute/nn/lora.js';
import { createRandom } from '../../../../core/random.js';

export const lora: LoraSettings = { rank: 3, alpha: 5, targets: loraTargets };

export const training = () =>
  exampleTraining(
    exampleSequences([
      [2, 5],
      [4, 3],
      [1, 8],
      [6, 2],
    ]),
  );

/** Gives the adapters of a model random numbers, B too, so that A has a gradient. */
export async function randomAdapters(model: Model, seed = 3): Promise<void> {
  const { normalPair } = createRandom(seed).stream('adapters');
  const state: NamedTensor[] = [];
  let index = 0;
  for await (const { name, shape, data } of tensorsOf(model).exportOptimizer()) {
    const key = index++;
    const isAdapter = name.startsWith('parameter/') && name.includes('.lora_');
    state.push({ name, shape, data: isAdapter ? data.map((_, i) => 0.2 * normalPair(key, i)[0]) : data.slice() });
  }
  await tensorsOf(model).importOptimizer(state);
}

/** The trained tensors of a model by name, without moments. */
export async function trainedTensors(model: Model): Promise<Map<string, Float32Array>> {
  const prefix = 'parameter/';
  const all = await collectTensors(tensorsOf(model).exportOptimizer());
  return new Map(
    [...all].filter(([name]) => name.startsWith(prefix)).map(([name, data]) => [name.slice(prefix.length), data]),
  );
}

/** W₀ + scale · B·A in float64, for A [rank, in] and B [out, rank] in row-major order. */
export function mergedByHand(
  base: ArrayLike<number>,
  [a, b]: readonly [ArrayLike<number>, ArrayLike<number>],
  { rank, alpha }: Pick<LoraSettings, 'rank' | 'alpha'>,
): Float64Array {
  const columns = a.length / rank;
  return Float64Array.from(base, (w, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let product = 0;
    for (let r = 0; r < rank; r++) product += b[row * rank + r]! * a[r * columns + column]!;
    return w + (alpha / rank) * product;
  });
}
