import { elementAt, lastOf } from '../arrays.js';
import { missingResponseLimit, missingRowLength, sequenceTooLong } from './errors.js';

/** How a loss averages over the tokens of a step; see {@link lossWeights}. */
export const lossAverages = ['token-mean', 'sequence-mean', 'packed-row-mean', 'constant-length'] as const;
export type LossAverage = (typeof lossAverages)[number];

/** Size of one sequence in tokens. */
export interface SequenceLength {
  readonly promptLength: number;
  readonly responseLength: number;
}

/**
 * Weight of each response token, [B][T], so that Σ weight · loss is the desired average. All weights of a step but
 * those of `constant-length` add up to 1 (to 0 if there is no response token). The caller computes them once for the
 * whole step, which makes every later split into micro-batches exact.
 *
 * - `token-mean`: 1 / N for each of the N response tokens; long responses count more.
 * - `sequence-mean`: 1 / (S · T) for a response of T tokens among S non-empty ones; each response counts the same.
 * - `packed-row-mean`: 1 / (rows · tokens in the row). What the released ORZ code does: mean over the response tokens
 *   of a packed row, then over rows, so a token in a short last row weighs more. Needs `packedRowTokens` (16384 for 7B,
 *   else 10048).
 * - `constant-length`: 1 / (S · L) with `maxResponseTokens` L, so that no response is favoured for its length. Source:
 *   Dr. GRPO, Liu et al. 2025 (arXiv 2503.20783) §3.2.
 */
export function lossWeights(
  average: LossAverage,
  sequences: readonly SequenceLength[],
  {
    packedRowTokens,
    maxResponseTokens,
  }: { readonly packedRowTokens?: number; readonly maxResponseTokens?: number } = {},
): Float32Array[] {
  switch (average) {
    case 'token-mean':
      return weightsOfRows(sequences, [sequences.map((_, i) => i)]);
    case 'sequence-mean':
      return weightsOfRows(
        sequences,
        sequences.map((_, i) => [i]),
      );
    case 'packed-row-mean':
      if (packedRowTokens === undefined) throw missingRowLength();
      return weightsOfRows(sequences, packRows(sequences, packedRowTokens));
    case 'constant-length':
      if (maxResponseTokens === undefined) throw missingResponseLimit();
      return constantWeights(sequences, maxResponseTokens);
  }
}

/**
 * Indices of the sequences in each packed row: greedy in arrival order, a row is closed by the first sequence (prompt
 * and response) that does not fit any more. Source: released code `_convert_prompts_outputs_to_batch_tensors_packing`.
 * Departure: a sequence longer than a row throws ORZ_CONFIG_INVALID; the reference may drop it silently.
 */
export function packRows(sequences: readonly SequenceLength[], rowTokens: number): number[][] {
  const rows: number[][] = [];
  let free = 0;
  for (const [index, { promptLength, responseLength }] of sequences.entries()) {
    const length = promptLength + responseLength;
    if (length > rowTokens) throw sequenceTooLong(index, length, rowTokens);
    if (length > free) {
      rows.push([]);
      free = rowTokens;
    }
    lastOf(rows).push(index);
    free -= length;
  }
  return rows;
}

function constantWeights(sequences: readonly SequenceLength[], length: number): Float32Array[] {
  const filled = sequences.filter(({ responseLength }) => responseLength > 0).length;
  return sequences.map(({ responseLength }) => new Float32Array(responseLength).fill(1 / (filled * length)));
}

/** Equal weight for every row that has response tokens, shared equally among the row's response tokens. */
function weightsOfRows(sequences: readonly SequenceLength[], rows: readonly (readonly number[])[]): Float32Array[] {
  const tokensOf = (row: readonly number[]): number =>
    row.reduce((n, i) => n + elementAt(sequences, i).responseLength, 0);
  const filled = rows.filter((row) => tokensOf(row) > 0);
  const weights = sequences.map(({ responseLength }) => new Float32Array(responseLength));
  for (const row of filled) {
    const weight = 1 / (filled.length * tokensOf(row));
    for (const i of row) elementAt(weights, i).fill(weight);
  }
  return weights;
}
