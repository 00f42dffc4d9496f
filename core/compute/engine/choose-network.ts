import { countParameters } from '../nn/parameters.js';
import { fitsFused } from '../nn/program-memory.js';
import { BlockNetwork } from './block-network.js';
import { FusedNetwork } from './fused-network.js';
import type { ForwardPass, LossSums, Network, NetworkParts, PackedScores, TrainingPass } from './network.js';
import { packedSize, type MicroBatch } from './packing.js';

/** What decides how a network is executed; a function of the configuration alone, so that runs resume exactly. */
export interface NetworkChoice {
  readonly programs: 'auto' | 'fused' | 'blocks';
  readonly microBatchTokens: number;
}

/** The network of a model in the way that the settings ask for. */
export function networkOf(parts: NetworkParts, choice: NetworkChoice): Network {
  if (choice.programs === 'fused') return new FusedNetwork(parts);
  return choice.programs === 'blocks' ? new BlockNetwork(parts) : new ChosenNetwork(parts, choice.microBatchTokens);
}

/**
 * One program for the whole network, which keeps everything and computes nothing twice, for micro-batches that it can
 * hold; block by block otherwise. The two round differently. A batch counts as a full one at least, so that the
 * batches of a run differ in this only where one long sequence makes a larger batch.
 */
class ChosenNetwork implements Network {
  private readonly fused: FusedNetwork;
  private readonly blocks: BlockNetwork;

  constructor(
    private readonly parts: NetworkParts,
    private readonly microBatchTokens: number,
  ) {
    this.fused = new FusedNetwork(parts);
    this.blocks = new BlockNetwork(parts);
  }

  forward(pass: ForwardPass): Promise<PackedScores> {
    return this.choose(pass.batch).forward(pass);
  }

  accumulate(pass: TrainingPass): Promise<LossSums> {
    return this.choose(pass.batch).accumulate(pass);
  }

  private choose(batch: MicroBatch): Network {
    const { config, parameters } = this.parts;
    const tokens = Math.max(packedSize(batch), this.microBatchTokens);
    return fitsFused(config, tokens, countParameters(parameters.specs)) ? this.fused : this.blocks;
  }
}
