import type { Rollout, Segment } from './contracts/data.js';
import type { Sequence } from './contracts/model.js';

/** Neighbouring tokens: from index `start` up to `end`, which is not one of them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the tokens that the policy drew lie in a sequence, in order. */
export function policySpans({ tokens, promptLength, segments }: Sequence): Span[] {
  if (!segments) return [{ start: promptLength, end: tokens.length }];
  const spans: Span[] = [];
  let start = promptLength;
  for (const { source, length } of segments) {
    if (source === 'policy') spans.push({ start, end: start + length });
    start += length;
  }
  return spans;
}

/** Number of tokens that the policy drew: the length of every array per token. */
export const policyLength = (sequence: Sequence): number =>
  policySpans(sequence).reduce((sum, { start, end }) => sum + end - start, 0);

/** Tokens of a source in a response. */
export const tokensFrom = (source: Segment['source'], segments: readonly Segment[]): number =>
  segments.reduce((sum, segment) => sum + (segment.source === source ? segment.length : 0), 0);

/** Copies one number per policy token to where these lie in an array of the whole sequence, `shift` entries later. */
export function scatterPolicyValues(sequence: Sequence, values: Float32Array, into: Float32Array, shift = 0): void {
  let next = 0;
  for (const { start, end } of policySpans(sequence)) {
    into.set(values.subarray(next, next + end - start), start + shift);
    next += end - start;
  }
}

/** The reverse of {@link scatterPolicyValues}. */
export function gatherPolicyValues(sequence: Sequence, from: Float32Array, shift = 0): Float32Array {
  const values = new Float32Array(policyLength(sequence));
  let next = 0;
  for (const { start, end } of policySpans(sequence)) {
    values.set(from.subarray(start + shift, end + shift), next);
    next += end - start;
  }
  return values;
}

/** What the policy wrote of a response, without the environment's tokens. */
export function policyTokens({ responseTokens, segments }: Rollout): Int32Array {
  if (segments.length === 1) return responseTokens;
  const spans = policySpans({ tokens: responseTokens, promptLength: 0, segments });
  return Int32Array.from(spans.flatMap(({ start, end }) => Array.from(responseTokens.subarray(start, end))));
}
