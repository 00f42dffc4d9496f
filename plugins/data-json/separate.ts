import type { Problem } from '../../core/contracts/data.js';

export interface Separated {
  /** In the order given. */
  readonly kept: readonly Problem[];
  /** How many were left out because an earlier one asks the same. */
  readonly repeated: number;
  /** How many of those give another answer than the one that was kept. */
  readonly contradicting: number;
  /** How many were left out because they are held out. */
  readonly heldOut: number;
}

/**
 * Training problems less those that are held out or were there before. Two problems are the same if their prompts agree in all but white space. Coarser
 * rules were tried on the published files and merge different problems: without punctuation, seven pairs of the MATH training set that have different answers.
 */
export function separate(train: readonly Problem[], heldOut: readonly Problem[]): Separated {
  const reserved = new Set(heldOut.map(({ prompt }) => normalise(prompt)));
  const first = new Map<string, Problem>();
  let [repeated, contradicting, reservedCount] = [0, 0, 0];
  for (const problem of train) {
    const key = normalise(problem.prompt);
    const earlier = first.get(key);
    if (reserved.has(key)) reservedCount++;
    else if (!earlier) first.set(key, problem);
    else {
      repeated++;
      if (earlier.answer.trim() !== problem.answer.trim()) contradicting++;
    }
  }
  return { kept: [...first.values()], repeated, contradicting, heldOut: reservedCount };
}

const normalise = (prompt: string): string => prompt.normalize('NFC').replace(/\s+/g, ' ').trim();
