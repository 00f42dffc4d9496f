/** What counts as a notable repetition. */
export interface RepetitionRule {
  /** The text must say nothing new for at least this many tokens. */
  readonly minTokens: number;
  /** The repeated block must occur at least this often in a row, the first time included; at least 2. */
  readonly minCopies: number;
}

export const notableRepetition: RepetitionRule = { minTokens: 32, minCopies: 3 };

/** Comparisons per token after which no further period is tried. Ordinary text needs about three. */
const workPerToken = 64;

/**
 * Index of the token at which a response begins to repeat itself, or −1 if it never does: the smallest t for which some
 * period p has tokens[j] = tokens[j − p] for all j in [t, t + m), m = max(minTokens, (minCopies − 1) · p). So t is the
 * first token of the second copy, and `tokens.length − t` bounds the length of the loop.
 *
 * The ORZ paper (v2, §3.3) looks at advantages after the onset of the first notable repetition without defining it; the
 * definition is ours. Periods are tried from 1 up, each by a skipping search that compares every token at most once;
 * shortest periods first, at most 65 comparisons per token in all, so a hostile text costs linear time too. Where that
 * limit is reached (only in texts built for it), an onset with a longer period can be missed.
 */
export function repeatOnset(tokens: ArrayLike<number>, rule: RepetitionRule = notableRepetition): number {
  let onset = -1;
  let budget = workPerToken * tokens.length;
  for (let period = 1; budget > 0 && period * rule.minCopies <= tokens.length; period++) {
    const window = Math.max(rule.minTokens, (rule.minCopies - 1) * period);
    const found = firstPeriodicWindow(tokens, period, window, onset < 0 ? tokens.length : onset);
    budget -= found.comparisons;
    if (found.start >= 0) onset = found.start;
  }
  return onset;
}

/** Smallest start below `limit` of `window` tokens that all equal the token `period` before them, or −1. */
function firstPeriodicWindow(
  tokens: ArrayLike<number>,
  period: number,
  window: number,
  limit: number,
): { start: number; comparisons: number } {
  let start = period;
  let checkedTo = period; // tokens from `start` up to here are known to match
  let comparisons = 0;
  while (start < limit && start + window <= tokens.length) {
    // From the end of the window backwards: a mismatch near the end rules out all starts before it.
    const end = start + window;
    let j = end - 1;
    while (j >= checkedTo && tokens[j] === tokens[j - period]) j--;
    comparisons += end - Math.max(j, checkedTo);
    if (j < checkedTo) return { start, comparisons };
    start = j + 1;
    checkedTo = end;
  }
  return { start: -1, comparisons };
}
