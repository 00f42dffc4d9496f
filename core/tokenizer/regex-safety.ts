import { parsePattern, type Item, type Sequence } from './regex-syntax.js';

/** Published patterns that the rules below refuse: they take quadratic time, on texts that no data have. */
const published = new Set(['\\s+$', '(?=(\\d{3})+(?!\\d))', '\\d{1,3}(?=(?:\\d{3})*\\b)']);

/** Ways to try what has a limit; beyond it the number could grow with every further part. */
const maxChoices = 256;
/** A repetition of more than this counts as one without bound. */
const maxCount = 16;

/**
 * Why a pattern might take more than linear time in the text it splits; undefined if it cannot. The engine tries the
 * ways to match one after another, so the time is the number of ways, and these rules bound it:
 *
 * - only single characters, or groups of a fixed number of them without alternatives, are repeated: a repeated choice
 *   has exponentially many ways;
 * - before something that may fail there is at most one repetition without bound: it has one way for each character,
 *   two after one another have the square;
 * - such a repetition has an alternative that takes all of its characters if what follows fails, and no other before
 *   that could take a part of them: otherwise the search would begin anew at the next character, and at each of them.
 */
export function slowPattern(source: string): string | undefined {
  if (published.has(source)) return undefined;
  const parsed = parsePattern(source);
  if ('unknown' in parsed) return `it has ${parsed.unknown}, which is not supported`;
  const alternatives = unwrapped(parsed.alternatives);
  const weights = alternatives.map((sequence) => weigh(sequence, false));
  const fault = weights.find(({ problem }) => problem !== undefined)?.problem;
  if (fault !== undefined) return fault;
  for (const set of weights.flatMap(({ open }) => open)) {
    const last = alternatives.findIndex((one) => takesAll(one, set));
    if (last < 0) return `after ${set} without bound something may fail, and no alternative takes all of it`;
    const others = alternatives.slice(0, last).filter((_, i) => weights[i]?.open.includes(set) !== true);
    if (others.some((one) => fitsIn(one, set))) return `an alternative may take a part of ${set} without bound`;
  }
  return undefined;
}

/** The alternatives inside a group that is the whole pattern. */
function unwrapped(alternatives: readonly Sequence[]): readonly Sequence[] {
  const [only, ...others] = alternatives;
  const [item, ...more] = only ?? [];
  const isWrapper = others.length + more.length === 0 && item?.max === 1 && item.min === 1;
  return isWrapper && item.node.kind === 'group' ? unwrapped(item.node.alternatives) : alternatives;
}

/** Whether an alternative matches any number of characters of a set from one up, wherever one is. */
function takesAll(sequence: Sequence, set: string): boolean {
  const required = sequence.filter(({ min }) => min > 0);
  const [only, ...others] = required;
  if (others.length > 0 || only?.max !== Infinity || only.isLazy === true) return false;
  return only.node.kind === 'one' && only.node.source === set;
}

/** Whether an alternative might match characters of a set alone; where that is hard to say, it might. */
const fitsIn = (sequence: Sequence, set: string): boolean =>
  sequence.every(({ node, min }) => {
    if (min === 0 || node.kind === 'edge' || node.kind === 'look') return true;
    return node.kind === 'one' ? overlap(node.source, set) : node.alternatives.some((one) => fitsIn(one, set));
  });

/** Characters of the Basic Multilingual Plane without surrogates. */
const sampled = Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code));

/** Whether two sets share a character, as far as the engine knows their syntax. */
function overlap(one: string, other: string): boolean {
  try {
    const [first, second] = [one, other].map((source) => new RegExp(`^${source}$`, 'su'));
    return sampled.some((character) => second?.test(character) === true && first?.test(character) === true);
  } catch {
    return true;
  }
}

interface Weight {
  /** Ways to try of what is bounded. */
  readonly choices: number;
  /** Sets whose repetition has no bound and is followed by something that may fail. */
  readonly open: readonly string[];
  /** The most of them that are on one way through the pattern. */
  readonly depth: number;
  readonly problem?: string;
}

const nothing: Weight = { choices: 1, open: [], depth: 0 };

/** Weighs a sequence from its end; `fails` says whether what comes after it may fail. */
function weigh(sequence: Sequence, fails: boolean): Weight {
  let total = nothing;
  let mayFail = fails;
  for (const item of sequence.toReversed()) {
    const weight = weighItem(item, mayFail);
    total = {
      choices: total.choices * weight.choices,
      open: [...total.open, ...weight.open],
      depth: total.depth + weight.depth,
      ...((total.problem ?? weight.problem) ? { problem: total.problem ?? weight.problem ?? '' } : {}),
    };
    mayFail ||= item.min > 0;
  }
  if (total.problem !== undefined) return total;
  if (total.depth > 1)
    return { ...total, problem: 'several repetitions without bound come before something that may fail' };
  return total.choices > maxChoices ? { ...total, problem: 'it has too many ways to match' } : total;
}

function weighItem({ node, min, max }: Item, fails: boolean): Weight {
  const isOpen = max - min > maxCount;
  if (node.kind === 'edge') return nothing;
  if (node.kind === 'one') {
    if (!fails || max === min) return nothing;
    return isOpen ? { choices: 1, open: [node.source], depth: 1 } : { choices: max - min + 1, open: [], depth: 0 };
  }
  if (max > 1 && !isFixed(node.alternatives))
    return { ...nothing, problem: 'it repeats a group that can match in several ways' };
  if (max > 1) return fails && max > min ? { choices: 1, open: ['a group'], depth: 1 } : nothing;
  // What looks ahead or behind does so anew at each position.
  const inner = node.alternatives.map((one) => weigh(one, node.kind === 'look' || fails));
  const problem = inner.find((weight) => weight.problem !== undefined)?.problem;
  return {
    choices: fails ? inner.reduce((sum, { choices }) => sum + choices, 1 - min) : 1,
    open: inner.flatMap(({ open }) => open),
    depth: Math.max(...inner.map(({ depth }) => depth)),
    ...(problem !== undefined && { problem }),
  };
}

/** Whether a group matches a fixed number of characters in one way only. */
const isFixed = ([only, ...others]: readonly Sequence[]): boolean =>
  others.length === 0 &&
  only !== undefined &&
  only.length > 0 &&
  only.every(({ node, min, max }) => node.kind === 'one' && min === max && min > 0);
