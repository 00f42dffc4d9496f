import type { Loss } from '../../contracts/loss.js';
import { block, embed, languageHead, tokenScores, valueHead, type Weights } from '../nn/decoder.js';
import { embeddingName, finalNormName, layerPrefix } from '../nn/parameters.js';
import { gradients } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { buildLoss, lossInputPrefix, lossKey, type Computed } from './loss-tensors.js';
import {
  layoutFeeds,
  layoutInputs,
  lossFeed,
  outputWeightName,
  readLoss,
  shapesOf,
  weightInputs,
  type LossInputs,
  type LossSums,
  type Network,
  type NetworkParts,
  type PlaceScores,
} from './network.js';
import type { MicroBatch } from './packing.js';
import { run, take, type Feed } from './programs.js';

const gradientPrefix = 'gradient/';

/** A small decoder as one program: embedding, all blocks, head, loss and all gradients. */
export class FusedNetwork implements Network {
  constructor(private readonly parts: NetworkParts) {}

  async forward(batch: MicroBatch, _places: Int32Array, temperature: number): Promise<PlaceScores> {
    const { backend, programs } = this.parts;
    const key = `${this.parts.head} forward ${batch.rows}x${batch.length} t${temperature}`;
    const program = await programs.get(key, () => {
      const g = new Graph(key);
      for (const [name, t] of Object.entries(this.scores(g, batch, temperature))) g.output(name, t);
      return g;
    });
    const outputs = await run(backend, program, this.feeds(batch));
    const scores: PlaceScores = {};
    for (const [name, buffer] of Object.entries(outputs))
      scores[name as keyof PlaceScores] = (await take(backend, buffer)) as Float32Array;
    return scores;
  }

  async accumulate(
    batch: MicroBatch,
    _places: Int32Array,
    perPlace: LossInputs,
    loss: Loss,
    temperature: number,
  ): Promise<LossSums> {
    const { backend, programs, parameters } = this.parts;
    const key = `${this.parts.head} training ${batch.rows}x${batch.length} t${temperature} ${lossKey(loss)}`;
    const program = await programs.get(key, () => this.trainingGraph(key, batch, loss, temperature), [gradientPrefix]);
    const feeds = this.feeds(batch);
    const outputs = await run(backend, program, (name) =>
      name.startsWith(lossInputPrefix)
        ? lossFeed(perPlace, loss, name, (values) => values)
        : name.startsWith(gradientPrefix)
          ? parameters.gradient(name.slice(gradientPrefix.length))
          : feeds(name),
    );
    for (const spec of parameters.specs) parameters.replaceGradient(spec.name, outputs[gradientPrefix + spec.name]!);
    return readLoss(backend, outputs);
  }

  private trainingGraph(key: string, batch: MicroBatch, loss: Loss, temperature: number): Graph {
    const g = new Graph(key);
    const total = buildLoss(g, loss, this.scores(g, batch, temperature), batch.rows * batch.length);
    const { specs } = this.parts.parameters;
    const weights = specs.map((s) => g.inputs.get(s.name)!);
    const accumulators = new Map(specs.map((s, i) => [weights[i]!, g.input(gradientPrefix + s.name, s.shape)]));
    gradients(total, weights, accumulators).forEach((gradient, i) =>
      g.output(gradientPrefix + specs[i]!.name, gradient!),
    );
    return g;
  }

  private scores(g: Graph, batch: MicroBatch, temperature: number): Computed {
    const { config, head, parameters } = this.parts;
    const places = batch.rows * batch.length;
    const w = weightInputs(g, shapesOf(parameters));
    const layout = layoutInputs(g, config, batch.rows, batch.length);
    let x: Tensor = embed(g.input('tokens', [places], 'i32'), w(embeddingName));
    for (let layer = 0; layer < config.layers; layer++) {
      const blockWeights: Weights = (name) => w(layerPrefix(layer) + name);
      x = block(config, x, blockWeights, layout).x;
    }
    const norm = w(finalNormName),
      output = w(outputWeightName(config, head));
    if (head === 'value') return { values: valueHead(config, x, norm, output) };
    const { logprob, entropy } = tokenScores(
      languageHead(config, x, norm, output),
      g.input('targets', [places], 'i32'),
      temperature,
    );
    return { logprobs: logprob, entropy };
  }

  private feeds(batch: MicroBatch): (name: string) => Feed {
    const places = batch.rows * batch.length;
    const known: Record<string, Feed> = {
      ...layoutFeeds(this.parts, batch),
      tokens: { data: batch.tokens, shape: [places] },
      targets: { data: batch.targets, shape: [places] },
    };
    return (name) => known[name] ?? this.parts.parameters.value(name);
  }
}
