import type { Sequence } from '../../core/contracts/model.js';
import type { Datum } from '../../core/tinker/protobuf.js';
import type { WireArray } from '../../core/tinker/wire-arrays.js';
import { gatherPolicyValues, scatterPolicyValues } from '../../core/segments.js';

/** Arrays of a datum besides its targets, one number per policy token each. */
export type DatumInputs = Readonly<Record<string, Float32Array>>;

/**
 * A sequence as the API has it: what the model reads is all tokens but the last, what it predicts all but the first.
 * The short form has arrays as long as the response; the other, which every server takes, zeros over the prompt. What
 * an environment wrote has zeros too: no weight, and no advantage.
 */
export function datumOf(sequence: Sequence, inputs: DatumInputs, short: boolean): Datum {
  const { tokens, promptLength } = sequence;
  const read = tokens.subarray(0, -1);
  const start = short ? promptLength : 1;
  const padded = (array: Float32Array): WireArray => {
    if (array.length === tokens.length - start) return array;
    const longer = new Float32Array(tokens.length - start);
    scatterPolicyValues(sequence, array, longer, -start);
    return longer;
  };
  const others = Object.entries(inputs).map(([name, array]) => [name, padded(array)] as const);
  return { tokens: read, inputs: { target_tokens: tokens.subarray(start), ...Object.fromEntries(others) } };
}

/** Of an array that a server gives, which ends where the sequence does, the numbers of the policy's tokens. */
export const ofPolicy = (array: Float32Array, sequence: Sequence): Float32Array =>
  gatherPolicyValues(sequence, array, array.length - sequence.tokens.length);
