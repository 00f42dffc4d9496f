/** A set of the words of a text. */
export function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** A map from each name in front of an equals sign to what stands behind it: `le=≤ leq=≤`. */
export function pairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...words(text)].map((pair) => {
      const at = pair.indexOf('=', 1);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
