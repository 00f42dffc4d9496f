/** Pieces of WGSL that are written out for each of a few numbers. */

export const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const repeat = (n: number, piece: (i: number) => string, separator = ' '): string =>
  count(n).map(piece).join(separator);
