import type { Rollout } from './data.js';

/**
 * For each token of a response its place in the arrays per token, which know the policy's tokens only; null for what an
 * environment wrote.
 */
export function placesOf({ tokens, segments }: Rollout): readonly (number | null)[] {
  if (segments === undefined) return tokens.map((_, t) => t);
  let drawn = 0;
  return segments.flatMap(({ source, length }) => Array.from({ length }, () => (source === 'policy' ? drawn++ : null)));
}

/** Numbers of the policy's tokens by token of the response; null where there is none. */
export const byToken = (rollout: Rollout, numbers: readonly number[]): readonly (number | null)[] =>
  placesOf(rollout).map((place) => (place === null ? null : (numbers[place] ?? null)));

/** Index of the first token of each turn of the policy. */
export function turnStarts({ segments = [] }: Rollout): ReadonlySet<number> {
  const starts = new Set<number>();
  let start = 0;
  for (const { source, length } of segments) {
    if (source === 'policy') starts.add(start);
    start += length;
  }
  return starts;
}
