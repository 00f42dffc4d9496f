import { elementAt } from '../../arrays.js';
import type { Segment } from '../../contracts/data.js';
import type { Sequence } from '../../contracts/model.js';
import { gatherPolicyValues, policyLength, policySpans, scatterPolicyValues, tokensFrom } from '../../segments.js';
import { segmentsMismatch, sequenceToken, sequenceTooLong, splitOutOfRange, valueCount } from './errors.js';

/** Where one sequence lies in a micro-batch. */
export interface Placement {
  /** Index of the sequence among those that were packed. */
  readonly sequence: number;
  readonly row: number;
  /** Index within the row of its first token. */
  readonly offset: number;
}

/**
 * Sequences packed into `rows` rows of `length` tokens, stored as one list of rows · length tokens; a *packed index* is
 * an index into that list. Programs are compiled for (rows, length).
 */
export interface MicroBatch {
  readonly rows: number;
  readonly length: number;
  readonly placements: readonly Placement[];
  /** i32 [rows · length] like the following; 0 where empty. */
  readonly tokens: Int32Array;
  /** The next token of the sequence, which is to be predicted; 0 where there is none. */
  readonly targets: Int32Array;
  /** Index within the row of the first token of the sequence; where empty, of the token itself. */
  readonly starts: Int32Array;
  /** Position within the sequence. */
  readonly positions: Int32Array;
}

export interface PackingLimits {
  /** At most this many tokens in a micro-batch, unless one sequence alone is longer. */
  readonly microBatchTokens: number;
  /** Rows are at least this long, so that short sequences share one. */
  readonly rowTokens: number;
  /** Gives every sequence a row of its own, at its start: its numbers then are the same to the bit in any company. */
  readonly ownRows?: boolean;
}

/** Tokens of a micro-batch, empty positions included. */
export const packedSize = ({ rows, length }: MicroBatch): number => rows * length;

/**
 * Packs sequences into micro-batches of few distinct shapes. Long sequences go first, each into the fullest row with
 * room (best-fit decreasing), so sequences of similar length meet: attention costs rows · length², and padding stays
 * small. The result depends only on the lengths, never on the order in which a device finishes.
 */
export function pack(sequences: readonly Sequence[], limits: PackingLimits): MicroBatch[] {
  const longestFirst = [...sequences.keys()].sort((a, b) => lengthOf(sequences, b) - lengthOf(sequences, a) || a - b);
  const batches: MicroBatch[] = [];
  for (let next = 0; next < longestFirst.length;) {
    const longest = lengthOf(sequences, elementAt(longestFirst, next));
    const length = Math.max(limits.rowTokens, roundLength(longest));
    const rows = new Rows(length, Math.max(1, Math.floor(limits.microBatchTokens / length)), limits.ownRows ?? false);
    while (next < longestFirst.length) {
      const sequence = elementAt(longestFirst, next);
      if (!rows.add(sequence, lengthOf(sequences, sequence))) break;
      next++;
    }
    batches.push(fill(sequences, rows));
  }
  return batches;
}

const lengthOf = (sequences: readonly Sequence[], index: number): number => elementAt(sequences, index).tokens.length;

/** The rows of a micro-batch while it is packed. */
class Rows {
  readonly placements: Placement[] = [];
  /** Tokens in each row begun. */
  private readonly used: number[] = [];

  constructor(
    readonly length: number,
    private readonly maxRows: number,
    private readonly ownRows: boolean,
  ) {}

  /** The number of rows begun, rounded so that few shapes occur: all of them, or a multiple of an eighth. */
  get count(): number {
    const step = Math.max(1, Math.ceil(this.maxRows / 8));
    return Math.min(this.maxRows, Math.ceil(this.used.length / step) * step);
  }

  /** Whether the sequence found room. */
  add(sequence: number, size: number): boolean {
    const row = this.ownRows ? undefined : this.fullestWithRoom(size);
    if (row !== undefined) {
      const offset = elementAt(this.used, row);
      this.placements.push({ sequence, row, offset });
      this.used[row] = offset + size;
      return true;
    }
    if (this.used.length >= this.maxRows) return false;
    this.placements.push({ sequence, row: this.used.length, offset: 0 });
    this.used.push(size);
    return true;
  }

  private fullestWithRoom(size: number): number | undefined {
    let best: number | undefined,
      fullest = -1;
    for (const [row, used] of this.used.entries())
      if (used + size <= this.length && used > fullest) [best, fullest] = [row, used];
    return best;
  }
}

/** Lengths grow in steps of an eighth to a quarter, so that few programs serve all of them with little padding. */
export function roundLength(length: number): number {
  const step = Math.max(16, 2 ** Math.floor(Math.log2(Math.max(length, 1)) - 2));
  return Math.ceil(length / step) * step;
}

function fill(sequences: readonly Sequence[], { placements, count: rows, length }: Rows): MicroBatch {
  const size = rows * length;
  const tokens = new Int32Array(size),
    targets = new Int32Array(size),
    positions = new Int32Array(size);
  const starts = Int32Array.from({ length: size }, (_, i) => i % length);
  for (const { sequence, row, offset } of placements) {
    const source = elementAt(sequences, sequence).tokens;
    const at = row * length + offset;
    tokens.set(source, at);
    targets.set(source.subarray(1), at);
    starts.fill(offset, at, at + source.length);
    for (let i = 0; i < source.length; i++) positions[at + i] = i;
  }
  return { rows, length, placements, tokens, targets, starts, positions };
}

/**
 * How much later a token is in the micro-batch than in its sequence, less 1: added to the index of a token, it gives
 * the packed index where the token is predicted, which is that of the token before it.
 */
const predictionShift = (batch: MicroBatch, p: Placement): number => p.row * batch.length + p.offset - 1;

/** Packed indices of all predictions of policy tokens, sequence by sequence as placed. */
export function predictionIndices(batch: MicroBatch, sequences: readonly Sequence[]): Int32Array {
  const indices: number[] = [];
  for (const p of batch.placements) {
    const shift = predictionShift(batch, p);
    for (const { start, end } of policySpans(elementAt(sequences, p.sequence)))
      for (let t = start; t < end; t++) indices.push(shift + t);
  }
  return Int32Array.from(indices);
}

/**
 * Writes one value per policy token of each sequence to where the token is predicted: f32 [rows · length], 0 elsewhere.
 * `values` has those of a sequence by its index; throws ORZ_INTERNAL unless they are as many as its policy tokens.
 */
export function scatterResponseValues(
  batch: MicroBatch,
  sequences: readonly Sequence[],
  values: ReadonlyMap<number, Float32Array>,
): Float32Array {
  const packed = new Float32Array(packedSize(batch));
  for (const p of batch.placements) {
    const sequence = elementAt(sequences, p.sequence),
      count = policyLength(sequence),
      row = values.get(p.sequence);
    if (row?.length !== count) throw valueCount(p.sequence, row?.length ?? 0, count);
    scatterPolicyValues(sequence, row, packed, predictionShift(batch, p));
  }
  return packed;
}

/** Placement of the sequence that each packed index belongs to, 0 where empty. */
export function sequenceOfTokens(batch: MicroBatch): Int32Array {
  const packed = new Int32Array(packedSize(batch));
  for (const [place, { row, offset }] of batch.placements.entries()) {
    const start = row * batch.length;
    for (let i = offset; i < batch.length && batch.starts[start + i] === offset; i++) packed[start + i] = place;
  }
  return packed;
}

/** The reverse of {@link scatterResponseValues}: a copy of each sequence's values, with the index of the sequence. */
export function* gatherResponseValues(
  batch: MicroBatch,
  sequences: readonly Sequence[],
  packed: Float32Array,
): Generator<[sequence: number, values: Float32Array]> {
  for (const p of batch.placements) {
    const sequence = elementAt(sequences, p.sequence);
    yield [p.sequence, gatherPolicyValues(sequence, packed, predictionShift(batch, p))];
  }
}

/** Throws unless every sequence has a prompt, at least one policy token, and ids within the vocabulary. */
export function checkSequences(sequences: readonly Sequence[], vocabSize: number, maxPositions: number): void {
  for (const [i, { tokens, promptLength, segments }] of sequences.entries()) {
    if (promptLength < 1 || promptLength >= tokens.length) throw splitOutOfRange(i, promptLength, tokens.length);
    if (segments) checkSegments(i, segments, tokens.length - promptLength);
    if (tokens.length > maxPositions) throw sequenceTooLong(i, tokens.length, maxPositions);
    const bad = tokens.find((id) => id < 0 || id >= vocabSize);
    if (bad !== undefined) throw sequenceToken(i, bad, vocabSize);
  }
}

function checkSegments(sequence: number, segments: readonly Segment[], responseTokens: number): void {
  const total = tokensFrom('policy', segments) + tokensFrom('environment', segments);
  const wholeLengths = segments.every(({ length }) => Number.isInteger(length) && length > 0);
  if (total !== responseTokens || !wholeLengths || tokensFrom('policy', segments) === 0)
    throw segmentsMismatch(sequence, total, responseTokens);
}
