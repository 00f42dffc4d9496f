/** How often a source is drawn, in proportion to the others. */
export interface WeightedSource {
  /** Above 0. */
  readonly weight: number;
  /** In [0, 1): shifts where in the order the source's turns are. */
  readonly phase: number;
}

/** Which source a position of the order belongs to, and how many earlier positions do: the index of the draw within the source. */
export interface Turn {
  readonly source: number;
  readonly draw: number;
}

/** Weights are held as integers of about this sum, so that the arithmetic below is exact. */
const resolution = 2 ** 30;

/**
 * The order in which sources take turns, as a pure function of the position: any first part of it holds each source's share to within one draw per source
 * that stands before it, and no state has to be kept to go on from a position. The first source takes the positions where `⌊position × share + phase⌋` grows, the others share the
 * rest in the same way (a Sturmian sequence for each). Positions up to 2^53.
 */
export function createMixture(sources: readonly WeightedSource[]): (position: number) => Turn {
  const sum = sources.reduce((total, { weight }) => total + weight, 0);
  const shares = sources.map(({ weight }) => BigInt(Math.max(1, Math.round((weight / sum) * resolution))));
  // Of the draws that come down to source k, it takes share[k] of left[k].
  const left = shares.map((_, k) => shares.slice(k).reduce((total, share) => total + share, 0n));
  const shifts = left.map((total, k) => BigInt(Math.floor(sources[k]!.phase * Number(total))));
  return (position) => {
    let rest = BigInt(position);
    for (let k = 0; k < shares.length - 1; k++) {
      const taken = (rest * shares[k]! + shifts[k]!) / left[k]!;
      if (((rest + 1n) * shares[k]! + shifts[k]!) / left[k]! > taken) return { source: k, draw: Number(taken) };
      rest -= taken;
    }
    return { source: shares.length - 1, draw: Number(rest) };
  };
}
