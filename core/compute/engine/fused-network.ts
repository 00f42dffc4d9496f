import { block, embed, type Weights } from '../nn/decoder.js';
import { embeddingName, layerPrefix } from '../nn/parameters.js';
import { gradients } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { GradientAccumulators, gradientPrefix, replaceGradients } from './gradient-accumulators.js';
import { buildLoss, lossKey, type ScoreTensors } from './loss-tensors.js';
import {
  headScores,
  isLossInput,
  layoutInputs,
  layoutValues,
  lossInput,
  takeLoss,
  type ForwardPass,
  type LossSums,
  type Network,
  type NetworkParts,
  type PackedScores,
  type TrainingPass,
} from './network.js';
import { packedSize, type MicroBatch } from './packing.js';
import { execute, takeFloats, type Feed } from './programs.js';
import { storageKey, trainingKey, weightInputs } from './stored-weights.js';

/** A small decoder as one program: embedding, all blocks, head, loss and all gradients. */
export class FusedNetwork implements Network {
  constructor(private readonly parts: NetworkParts) {}

  async forward({ batch, temperature }: ForwardPass): Promise<PackedScores> {
    const { backend, head, programs, parameters } = this.parts;
    const key = `${head} forward ${batch.rows}x${batch.length} t${temperature} ${storageKey(parameters.specs)}`;
    const program = await programs.get(key, () => {
      const g = new Graph(key);
      for (const [name, t] of Object.entries(this.scores(g, batch, temperature))) g.output(name, t);
      return g;
    });
    const outputs = await execute(backend, program, this.feeds(batch));
    const scores: PackedScores = {};
    for (const name of Object.keys(outputs) as (keyof PackedScores)[])
      scores[name] = await takeFloats(backend, outputs, name);
    return scores;
  }

  async accumulate(pass: TrainingPass): Promise<LossSums> {
    const { backend, head, programs, parameters } = this.parts;
    const { batch, loss, temperature } = pass;
    const trained = trainingKey(parameters.specs);
    const key = `${head} training ${batch.rows}x${batch.length} t${temperature} ${trained} ${lossKey(loss)}`;
    const program = await programs.get(key, () => this.trainingGraph(key, pass), [gradientPrefix]);
    const feeds = this.feeds(batch);
    const outputs = await execute(backend, program, (name) => {
      if (isLossInput(name)) return { data: lossInput(pass, name), shape: [packedSize(batch)] };
      if (name.startsWith(gradientPrefix)) return parameters.gradient(name.slice(gradientPrefix.length));
      return feeds(name);
    });
    const names = parameters.trained.map((s) => s.name);
    replaceGradients(parameters, outputs, names);
    return takeLoss(backend, outputs);
  }

  private trainingGraph(key: string, { batch, loss, temperature }: TrainingPass): Graph {
    const g = new Graph(key);
    const total = buildLoss(g, loss, this.scores(g, batch, temperature), packedSize(batch));
    const { specs, trained } = this.parts.parameters;
    const weights = weightInputs(g, specs);
    const accumulators = new GradientAccumulators(
      g,
      trained.map(({ name }) => [name, weights(name)]),
    );
    accumulators.output(gradients(total, accumulators.weights, accumulators.into));
    return g;
  }

  private scores(g: Graph, batch: MicroBatch, temperature: number): ScoreTensors {
    const { config, parameters } = this.parts;
    const w = weightInputs(g, parameters.specs);
    const layout = layoutInputs(g, config, batch.rows, batch.length);
    let x: Tensor = embed(g.input('tokens', [packedSize(batch)], 'i32'), w(embeddingName));
    for (let layer = 0; layer < config.layers; layer++) {
      const blockWeights: Weights = (name) => w(layerPrefix(layer) + name);
      x = block(config, x, blockWeights, layout).x;
    }
    return headScores(this.parts, x, w, temperature);
  }

  private feeds(batch: MicroBatch): (name: string) => Feed {
    const { config, parameters, rotary } = this.parts;
    const shape = [packedSize(batch)];
    const known: Record<string, Feed> = {
      ...layoutValues(config, rotary, batch),
      tokens: { data: batch.tokens, shape },
      targets: { data: batch.targets, shape },
    };
    return (name) => known[name] ?? parameters.value(name);
  }
}
