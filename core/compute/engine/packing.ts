import { OrzError } from '../../errors.js';
import type { Sequence } from '../../contracts/model.js';

/** Where one sequence lies in a micro-batch. */
export interface Placement {
  readonly sequence: number;
  readonly row: number;
  readonly offset: number;
}

/** Sequences packed into `rows` rows of `length` tokens; programs are compiled for (rows, length). */
export interface MicroBatch {
  readonly rows: number;
  readonly length: number;
  readonly placements: readonly Placement[];
  /** i32 [rows · length]; 0 where empty. */
  readonly tokens: Int32Array;
  /** Token to predict at each place, 0 where none. */
  readonly targets: Int32Array;
  /** First place of the sequence within its row; the place itself where empty. */
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

/**
 * Packs sequences into micro-batches of few distinct shapes. Long sequences go first, each into the fullest row with room
 * (best-fit decreasing), so sequences of similar length meet: attention costs rows · length², and padding stays small.
 * The result depends only on the lengths, never on the order in which a device finishes.
 */
export function pack(sequences: readonly Sequence[], limits: PackingLimits): MicroBatch[] {
  const order = sequences
    .map((_, i) => i)
    .sort((a, b) => sequences[b]!.tokens.length - sequences[a]!.tokens.length || a - b);
  const batches: MicroBatch[] = [];
  let next = 0;
  while (next < order.length) {
    const length = Math.max(limits.rowTokens, roundLength(sequences[order[next]!]!.tokens.length));
    const maxRows = Math.max(1, Math.floor(limits.microBatchTokens / length));
    const placements: Placement[] = [];
    const used: number[] = [];
    for (; next < order.length; next++) {
      const sequence = order[next]!;
      const row =
        findRow(limits.ownRows ? [] : used, length - sequences[sequence]!.tokens.length) ??
        (used.length < maxRows ? used.length : undefined);
      if (row === undefined) break;
      placements.push({ sequence, row, offset: used[row] ?? 0 });
      used[row] = (used[row] ?? 0) + sequences[sequence]!.tokens.length;
    }
    batches.push(fill(sequences, placements, roundRows(used.length, maxRows), length));
  }
  return batches;
}

/** The fullest row that still has room, if any. */
function findRow(used: readonly number[], room: number): number | undefined {
  let best: number | undefined;
  used.forEach((n, row) => {
    if (n <= room && (best === undefined || n > used[best]!)) best = row;
  });
  return best;
}

/** Lengths grow in steps of an eighth to a quarter, so that few programs serve all of them with little padding. */
export function roundLength(length: number): number {
  const step = Math.max(16, 2 ** Math.floor(Math.log2(Math.max(length, 1)) - 2));
  return Math.ceil(length / step) * step;
}

/** The full micro-batch, or an eighth part multiple of it for the rest. */
function roundRows(rows: number, maxRows: number): number {
  const step = Math.max(1, Math.ceil(maxRows / 8));
  return Math.min(maxRows, Math.ceil(rows / step) * step);
}

function fill(
  sequences: readonly Sequence[],
  placements: readonly Placement[],
  rows: number,
  length: number,
): MicroBatch {
  const size = rows * length;
  const tokens = new Int32Array(size),
    targets = new Int32Array(size),
    positions = new Int32Array(size);
  const starts = Int32Array.from({ length: size }, (_, i) => i % length);
  for (const { sequence, row, offset } of placements) {
    const source = sequences[sequence]!.tokens;
    const at = row * length + offset;
    tokens.set(source, at);
    targets.set(source.subarray(1), at);
    starts.fill(offset, at, at + source.length);
    for (let i = 0; i < source.length; i++) positions[at + i] = i;
  }
  return { rows, length, placements, tokens, targets, starts, positions };
}

/** Place of the first response token's prediction: the last prompt token. Response token t is predicted at this + t. */
export const predictionStart = (batch: MicroBatch, p: Placement, sequence: Sequence): number =>
  p.row * batch.length + p.offset + sequence.promptLength - 1;

export const responseLength = (s: Sequence): number => s.tokens.length - s.promptLength;

/** Puts one number per response token of each sequence where its prediction is made; 0 elsewhere. Throws ORZ_INTERNAL for another count of numbers. */
export function spread(
  batch: MicroBatch,
  sequences: readonly Sequence[],
  values: (sequence: number) => Float32Array,
): Float32Array {
  const out = new Float32Array(batch.rows * batch.length);
  for (const p of batch.placements) {
    const row = values(p.sequence),
      sequence = sequences[p.sequence]!;
    if (row.length !== responseLength(sequence)) {
      throw new OrzError(
        'ORZ_INTERNAL',
        `sequence ${p.sequence}: ${row.length} numbers for ${responseLength(sequence)} response tokens`,
        { allowed: 'one number per response token' },
      );
    }
    out.set(row, predictionStart(batch, p, sequence));
  }
  return out;
}

/** The reverse of {@link spread}: calls `receive` with a copy of each sequence's numbers. */
export function collect(
  batch: MicroBatch,
  sequences: readonly Sequence[],
  values: Float32Array,
  receive: (sequence: number, values: Float32Array) => void,
): void {
  for (const p of batch.placements) {
    const start = predictionStart(batch, p, sequences[p.sequence]!);
    receive(p.sequence, values.slice(start, start + responseLength(sequences[p.sequence]!)));
  }
}

/** Throws unless every sequence has a prompt, at least one response token, and ids within the vocabulary. */
export function checkSequences(sequences: readonly Sequence[], vocabSize: number, maxPositions: number): void {
  sequences.forEach((s, i) => {
    if (s.promptLength < 1 || s.promptLength >= s.tokens.length) {
      throw new OrzError('ORZ_INTERNAL', `sequence ${i}: a prompt of ${s.promptLength} of ${s.tokens.length} tokens`, {
        allowed: 'at least one prompt and one response token',
      });
    }
    if (s.tokens.length > maxPositions) {
      throw new OrzError(
        'ORZ_PROMPT_TOO_LONG',
        `sequence ${i} has ${s.tokens.length} tokens, the model has ${maxPositions} positions`,
        { remedy: 'lower maxPromptTokens or maxResponseTokens' },
      );
    }
    const bad = s.tokens.find((id) => id < 0 || id >= vocabSize);
    if (bad !== undefined)
      throw new OrzError('ORZ_TOKENIZER', `sequence ${i} has the token id ${bad}`, {
        allowed: `0 … ${vocabSize - 1}`,
        remedy: 'use the tokenizer the model was made with',
      });
  });
}
