import { impossibleCounts } from './errors.js';

/**
 * Chance that at least one of k samples is correct, estimated without bias from n ≥ k samples of which c are correct.
 *
 *     pass@k = 1 − C(n − c, k) / C(n, k) = 1 − Π_{i = n−c+1}^{n} (1 − k / i)
 *
 * Source: Chen et al. 2021 (arXiv 2107.03374) eq. 1, in its product form, which never overflows. Throws ORZ_INTERNAL
 * for counts that cannot be.
 */
export function passAtK(samples: number, correct: number, k: number): number {
  const inRange = 0 <= correct && correct <= samples && 1 <= k && k <= samples;
  if (!inRange || ![samples, correct, k].every(Number.isInteger)) throw impossibleCounts(samples, correct, k);
  if (samples - correct < k) return 1;
  let allWrong = 1;
  for (let i = samples - correct + 1; i <= samples; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}
