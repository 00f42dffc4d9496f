import { OrzError } from '../errors.js';
import type { Problem } from '../contracts/data.js';
import type { ProblemList } from '../contracts/problems.js';
import type { RandomStream } from '../random.js';

/** Lists longer than this are generated on demand: in order, they are as good as shuffled, and a permutation would not fit. */
const shuffledUpTo = 2 ** 22;

/**
 * Problems in a seeded order, a new permutation each epoch. The order is a pure function of the position, so a loader
 * continues exactly from the number of problems already taken.
 */
export class ProblemLoader {
  private order?: { epoch: number; permutation: Int32Array };

  constructor(private readonly problems: ProblemList, private readonly random: RandomStream) {
    if (problems.length === 0) throw new OrzError('ORZ_DATA_EMPTY', 'there are no training problems', { remedy: 'check the path and the filters of the data' });
  }

  /** `count` problems from position `from` on. */
  take(from: number, count: number): Problem[] {
    return Array.from({ length: count }, (_, i) => this.problems.at(this.index(from + i)));
  }

  private index(position: number): number {
    const { length } = this.problems;
    if (length > shuffledUpTo) return position % length;
    const epoch = Math.floor(position / length);
    if (this.order?.epoch !== epoch) this.order = { epoch, permutation: this.random.permutation(length, epoch) };
    return this.order.permutation[position % length]!;
  }
}
