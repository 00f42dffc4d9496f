/** Pieces of WGSL that are written out for each of a few numbers. */

/** 0, 1, … n − 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const repeat = (n: number, piece: (i: number) => string, separator = ' '): string =>
  range(n).map(piece).join(separator);

/** The same, with a line for each. */
export const lines = (n: number, piece: (i: number) => string): string => repeat(n, piece, '\n');
