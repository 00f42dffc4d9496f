import { OrzError } from '../errors.js';

/** How a loss averages over the tokens of a step; see {@link lossWeights}. */
export const lossAverages = ['token-mean', 'sequence-mean', 'packed-row-mean'] as const;
export type LossAverage = (typeof lossAverages)[number];

/** Size of one sequence in tokens. */
export interface SequenceLength {
  readonly promptLength: number;
  readonly responseLength: number;
}

/**
 * Weight of each response token, [B][T], so that Σ weight · loss is the wanted average. All weights of a step add up to 1 (to 0
 * if there is no response token). The caller computes them once for the whole step, which makes every later split into
 * micro-batches exact.
 *
 * - `token-mean`: 1 / N for each of the N response tokens; long responses count more.
 * - `sequence-mean`: 1 / (S · T) for a response of T tokens among S non-empty ones; each response counts the same.
 * - `packed-row-mean`: 1 / (rows · tokens in the row). What the released ORZ code does: mean over the response tokens of a packed
 *   row, then over rows, so a token in a short last row weighs more. Needs `packedRowTokens` (16384 for 7B, else 10048).
 */
export function lossWeights(
  average: LossAverage,
  sequences: readonly SequenceLength[],
  packedRowTokens?: number,
): Float32Array[] {
  if (average !== 'packed-row-mean')
    return weightsOfRows(
      sequences,
      average === 'token-mean' ? [sequences.map((_, i) => i)] : sequences.map((_, i) => [i]),
    );
  if (packedRowTokens === undefined) {
    throw new OrzError('ORZ_CONFIG_INVALID', 'averaging per packed row needs the length of a row', {
      allowed: 'a positive number of tokens',
      origin: 'packedRowTokens',
      remedy: 'Set packedRowTokens, or average by token-mean.',
    });
  }
  return weightsOfRows(sequences, packRows(sequences, packedRowTokens));
}

/**
 * Indices of the sequences in each packed row: greedy in arrival order, a row is closed by the first sequence (prompt and
 * response) that does not fit any more. Source: released code `_convert_prompts_outputs_to_batch_tensors_packing`. Departure: a
 * sequence longer than a row throws ORZ_CONFIG_INVALID; the reference may drop it without a word.
 */
export function packRows(sequences: readonly SequenceLength[], rowTokens: number): number[][] {
  const rows: number[][] = [];
  let free = 0;
  sequences.forEach(({ promptLength, responseLength }, index) => {
    const length = promptLength + responseLength;
    if (length > rowTokens) {
      throw new OrzError(
        'ORZ_CONFIG_INVALID',
        `sequence ${index} has ${length} tokens, a packed row holds ${rowTokens}`,
        {
          value: rowTokens,
          allowed: `at least ${length}`,
          origin: 'packedRowTokens',
          remedy: 'Raise packedRowTokens to the longest prompt plus the longest response.',
        },
      );
    }
    if (length > free) {
      rows.push([]);
      free = rowTokens;
    }
    rows.at(-1)!.push(index);
    free -= length;
  });
  return rows;
}

/** Equal weight for every row that has response tokens, shared equally among the row's response tokens. */
function weightsOfRows(sequences: readonly SequenceLength[], rows: readonly (readonly number[])[]): Float32Array[] {
  const tokensOf = (row: readonly number[]): number => row.reduce((n, i) => n + sequences[i]!.responseLength, 0);
  const filled = rows.filter((row) => tokensOf(row) > 0);
  const weights = sequences.map(({ responseLength }) => new Float32Array(responseLength));
  for (const row of filled) {
    const weight = 1 / (filled.length * tokensOf(row));
    for (const i of row) weights[i]!.fill(weight);
  }
  return weights;
}
