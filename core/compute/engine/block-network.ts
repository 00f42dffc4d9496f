import { lastOf } from '../../arrays.js';
import { BlockStack } from './block-stack.js';
import { ChunkedHead } from './chunked-head.js';
import type { ForwardPass, LossSums, Network, NetworkParts, PackedScores, TrainingPass } from './network.js';
import { Scratch } from './scratch.js';

/**
 * A large decoder block by block: only the states at block borders are kept, and the head is applied to chunks of the
 * tokens that are predicted.
 */
export class BlockNetwork implements Network {
  private readonly head: ChunkedHead;

  constructor(private readonly parts: NetworkParts) {
    this.head = new ChunkedHead(parts);
  }

  forward(pass: ForwardPass): Promise<PackedScores> {
    return this.withScratch(async (scratch) => {
      const states = await new BlockStack(this.parts, pass.batch, scratch).forward();
      return this.head.forward(pass, lastOf(states));
    });
  }

  accumulate(pass: TrainingPass): Promise<LossSums> {
    return this.withScratch(async (scratch) => {
      const stack = new BlockStack(this.parts, pass.batch, scratch);
      const states = await stack.forward(stack.firstTrained);
      const finalState = lastOf(states);
      const { dx, sums } = await this.head.accumulate(pass, finalState, scratch);
      scratch.release(finalState);
      await stack.backward(states.slice(0, -1), dx);
      return sums;
    });
  }

  /**
   * Releases the buffers of a call when it is over, also when it fails: one micro-batch of a large model fills much of
   * a device.
   */
  private async withScratch<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
    const scratch = new Scratch(this.parts.backend);
    try {
      return await use(scratch);
    } finally {
      scratch.dispose();
    }
  }
}
