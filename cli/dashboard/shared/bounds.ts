/** Ends of the 95 % interval of each value of a column; null where there is none. */
export interface Interval {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** Names of the metrics between which the 95 % interval of a metric lies, if it has one. */
export const boundsOf = (name: string): { readonly low: string; readonly high: string } => ({
  low: `${name}Low`,
  high: `${name}High`,
});

/** The metric whose interval ends at this one; undefined for a metric that is no such end. */
export function ownerOf(name: string, isKnown: (name: string) => boolean): string | undefined {
  const owner = name.replace(/(?:Low|High)$/, '');
  const { low, high } = boundsOf(owner);
  return owner !== name && [owner, low, high].every(isKnown) ? owner : undefined;
}
