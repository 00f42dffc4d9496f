import { elementAt } from '../../arrays.js';
import type { Problem } from '../../contracts/data.js';
import type { ListPart, ProblemList } from '../../contracts/problems.js';
import { createMixture, type Turn } from '../../data/mixture.js';
import { hashName, type RandomStream } from '../../random.js';
import { noTrainingProblems } from './errors.js';

/**
 * Lists longer than this are made on demand: in order, they are as good as shuffled, and a permutation would not fit.
 */
export const shuffledUpTo = 2 ** 22;

/** A part of the list with an order of its own. */
interface ShuffledPart {
  readonly start: number;
  readonly length: number;
  /** Keys the order together with the epoch; none for a list as a whole. */
  readonly key: readonly number[];
  /** The order of the epoch that was asked for last. */
  order?: { readonly epoch: number; readonly permutation: Int32Array };
}

/**
 * Problems in a seeded order, a new permutation each epoch. Where the parts of the list have weights they take turns,
 * each in its own permutations and epochs, which depend on the seed and the part's name only. The order is a pure
 * function of the position, so a loader continues exactly from the number of problems already taken.
 */
export class ProblemLoader {
  private readonly parts: readonly ShuffledPart[];
  private readonly turnAt: (position: number) => Turn;

  constructor(
    private readonly problems: ProblemList,
    private readonly random: RandomStream,
  ) {
    if (problems.length === 0) throw noTrainingProblems();
    const weighted = (problems.parts ?? []).filter(isWeighted);
    this.parts = weighted.length === 0 ? [{ start: 0, length: problems.length, key: [] }] : inSequence(weighted);
    this.turnAt =
      weighted.length === 0
        ? (position) => ({ source: 0, draw: position })
        : createMixture(
            weighted.map(({ name, weight }) => ({ weight, phase: random.uniform(0, 0, hashName(name), 1) })),
          );
  }

  /** `count` problems from position `from` on. */
  take(from: number, count: number): Problem[] {
    return Array.from({ length: count }, (_, i) => this.problems.at(this.indexOf(from + i)));
  }

  /** Index into the list of the problem at a position of the order. */
  indexOf(position: number): number {
    const { source, draw } = this.turnAt(position);
    const part = elementAt(this.parts, source);
    const { start, length, key } = part;
    if (length > shuffledUpTo) return start + (draw % length);
    const epoch = Math.floor(draw / length);
    if (part.order?.epoch !== epoch) {
      part.order = { epoch, permutation: this.random.permutation(length, epoch, ...key) };
    }
    return start + elementAt(part.order.permutation, draw % length);
  }
}

type WeightedPart = ListPart & { readonly weight: number };

const isWeighted = (part: ListPart): part is WeightedPart => part.weight !== undefined;

function inSequence(parts: readonly WeightedPart[]): ShuffledPart[] {
  let end = 0;
  return parts.map(({ name, length }) => {
    const start = end;
    end += length;
    return { start, length, key: [hashName(name)] };
  });
}
