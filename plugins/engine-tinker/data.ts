import type { Sequence } from '../../core/contracts/model.js';
import type { Datum } from '../../core/tinker/protobuf.js';
import type { WireArray } from '../../core/tinker/wire-arrays.js';

/** Arrays of a datum besides its targets, one number per response token each. */
export type DatumInputs = Readonly<Record<string, Float32Array>>;

/**
 * A sequence as the API has it: what the model reads is all tokens but the last, what it predicts all but the first.
 * The short form has arrays as long as the response; the other, which every server takes, zeros over the prompt.
 */
export function datumOf({ tokens, promptLength }: Sequence, inputs: DatumInputs, short: boolean): Datum {
  const read = tokens.subarray(0, -1);
  const start = short ? promptLength : 1;
  const padding = promptLength - start;
  const padded = (array: Float32Array): WireArray => {
    if (padding === 0) return array;
    const longer = new Float32Array(padding + array.length);
    longer.set(array, padding);
    return longer;
  };
  const others = Object.entries(inputs).map(([name, array]) => [name, padded(array)] as const);
  return { tokens: read, inputs: { target_tokens: tokens.subarray(start), ...Object.fromEntries(others) } };
}

/** Of an array that a server gives, the numbers of the response. */
export const ofResponse = (array: Float32Array, { tokens, promptLength }: Sequence): Float32Array =>
  array.slice(array.length - (tokens.length - promptLength));

export const responseLength = ({ tokens, promptLength }: Sequence): number => tokens.length - promptLength;
