import { zip } from '../../arrays.js';

/** Statistics of a − b over all entries of two [B][T] arrays. */
export interface Differences {
  readonly mean: number;
  readonly meanAbsolute: number;
  readonly maxAbsolute: number;
}

/** {@link Differences} of arrays of one shape, in one pass without allocation; zeros if there are no entries. */
export function differences(a: readonly Float32Array[], b: readonly Float32Array[]): Differences {
  let [count, sum, absolute, largest] = [0, 0, 0, 0];
  for (const [left, right] of zip(a, b)) {
    count += left.length;
    for (let t = 0; t < left.length; t++) {
      // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- inner loop over typed arrays
      const difference = left[t]! - right[t]!;
      const size = Math.abs(difference);
      sum += difference;
      absolute += size;
      if (size > largest) largest = size;
    }
  }
  return { mean: sum / Math.max(1, count), meanAbsolute: absolute / Math.max(1, count), maxAbsolute: largest };
}
