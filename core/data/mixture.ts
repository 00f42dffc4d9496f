import { elementAt, zip } from '../arrays.js';

/** How often a source is drawn, in proportion to the others. */
export interface WeightedSource {
  /** Above 0. */
  readonly weight: number;
  /** In [0, 1): shifts where in the order the source's turns are. */
  readonly phase: number;
}

/**
 * Which source a position of the order belongs to, and how many earlier positions do: the index of the draw within the
 * source.
 */
export interface Turn {
  readonly source: number;
  readonly draw: number;
}

/** Weights become integers of about this sum, so that the arithmetic below is exact. */
const resolution = 2 ** 30;

/**
 * The order in which sources take turns, as a pure function of the position: every prefix of it contains each source's
 * share to within one draw per source listed before it, and continuing from a position needs no state. The first source
 * takes the positions where `⌊position × share + phase⌋` grows, the others share the rest in the same way (a Sturmian
 * sequence for each). Positions up to 2^53.
 */
export function createMixture(sources: readonly WeightedSource[]): (position: number) => Turn {
  const sum = sources.reduce((total, { weight }) => total + weight, 0);
  const shares = sources.map(({ weight }) => BigInt(Math.max(1, Math.round((weight / sum) * resolution))));
  // Of the draws that are left for source k, it takes `share` of `left`.
  const splits = [...zip(sources, shares)].map(([{ phase }, share, k]) => {
    const left = shares.slice(k).reduce((total, each) => total + each, 0n);
    return { share, left, shift: BigInt(Math.floor(phase * Number(left))) };
  });
  const last = splits.length - 1;
  return (position) => {
    let rest = BigInt(position);
    for (let k = 0; k < last; k++) {
      const { share, left, shift } = elementAt(splits, k);
      const taken = (rest * share + shift) / left;
      if (((rest + 1n) * share + shift) / left > taken) return { source: k, draw: Number(taken) };
      rest -= taken;
    }
    return { source: last, draw: Number(rest) };
  };
}
