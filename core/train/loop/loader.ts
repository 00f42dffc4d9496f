import { createMixture, type Turn } from '../../data/mixture.js';
import { OrzError } from '../../errors.js';
import type { Problem } from '../../contracts/data.js';
import type { ProblemList } from '../../contracts/problems.js';
import { hashName, type RandomStream } from '../../random.js';

/** Lists longer than this are generated on demand: in order, they are as good as shuffled, and a permutation would not fit. */
export const shuffledUpTo = 2 ** 22;

/** Part of the list with an order of its own. */
interface Stretch {
  readonly start: number;
  readonly length: number;
  /** Keys the order beside the epoch; none for a list as a whole. */
  readonly key: readonly number[];
  /** The order of the epoch that was asked for last. */
  order?: { readonly epoch: number; readonly permutation: Int32Array };
}

/**
 * Problems in a seeded order, a new permutation each epoch. Where the parts of the list have weights they take turns, each in its own permutations and
 * epochs, which depend on the seed and the part's name only. The order is a pure function of the position, so a loader continues exactly from the number of
 * problems already taken.
 */
export class ProblemLoader {
  private readonly stretches: readonly Stretch[];
  private readonly turnAt: (position: number) => Turn;

  constructor(
    private readonly problems: ProblemList,
    private readonly random: RandomStream,
  ) {
    if (problems.length === 0)
      throw new OrzError('ORZ_DATA_EMPTY', 'there are no training problems', {
        remedy: 'check the path and the filters of the data',
      });
    const parts = (problems.parts ?? []).filter((part) => part.weight !== undefined);
    if (parts.length === 0) {
      this.stretches = [{ start: 0, length: problems.length, key: [] }];
      this.turnAt = (position) => ({ source: 0, draw: position });
      return;
    }
    let end = 0;
    this.stretches = parts.map(({ name, length }) => ({
      start: (end += length) - length,
      length,
      key: [hashName(name)],
    }));
    this.turnAt = createMixture(
      parts.map(({ name, weight }) => ({ weight: weight!, phase: random.uniform(0, 0, hashName(name), 1) })),
    );
  }

  /** `count` problems from position `from` on. */
  take(from: number, count: number): Problem[] {
    return Array.from({ length: count }, (_, i) => this.problems.at(this.indexOf(from + i)));
  }

  /** Index into the list of the problem at a position of the order. */
  indexOf(position: number): number {
    const { source, draw } = this.turnAt(position);
    const stretch = this.stretches[source]!;
    const { start, length, key } = stretch;
    if (length > shuffledUpTo) return start + (draw % length);
    const epoch = Math.floor(draw / length);
    if (stretch.order?.epoch !== epoch)
      stretch.order = { epoch, permutation: this.random.permutation(length, epoch, ...key) };
    return start + stretch.order.permutation[draw % length]!;
  }
}
