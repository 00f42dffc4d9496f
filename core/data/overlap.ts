import { normalisePrompt, withoutChoices, wordsOf } from './normalise.js';

/** A held-out problem that a training problem repeats. */
export interface Overlap {
  /** Id of the held-out problem. */
  readonly id: string;
  /** Whether the two have the same text, apart from white space and the options of a question. */
  readonly equal: boolean;
  /** Share of its word n-grams that the training problem contains. */
  readonly share: number;
}

export interface OverlapOptions {
  /**
   * Words per n-gram. A held-out problem with fewer n-grams than that is too short for a share to mean anything and is
   * only found by equality.
   */
  readonly words: number;
  /** Minimum share that counts. */
  readonly share: number;
}

/**
 * Finds training problems that repeat held-out ones exactly or nearly: an inverted index from the word n-grams of the
 * held-out problems to the problems. Looking a prompt up costs time proportional to its length. N-grams are stored as
 * 53-bit hashes: against 10^6 of them, one in 10^10 look-ups takes two different ones for the same.
 */
export class OverlapIndex {
  private readonly equal = new Map<string, string>();
  private readonly vocabulary = new Map<string, number>();
  private readonly entriesByGram = new Map<number, Entry[]>();

  constructor(
    heldOut: Iterable<{ readonly id: string; readonly prompt: string }>,
    private readonly options: OverlapOptions,
  ) {
    for (const { id, prompt } of heldOut) this.add(id, prompt);
  }

  private add(id: string, prompt: string): void {
    // The options of a question are no part of what is asked: training data often have the same question without them.
    const question = withoutChoices(prompt);
    for (const key of [normalisePrompt(prompt), normalisePrompt(question)])
      if (!this.equal.has(key)) this.equal.set(key, id);
    const words = wordsOf(question).map((word) => this.numberOf(word));
    const grams = new Set(ngrams(words, this.options.words));
    if (grams.size < this.options.words) return;
    const entry: Entry = { id, size: grams.size };
    for (const gram of grams) {
      const entries = this.entriesByGram.get(gram);
      if (entries === undefined) this.entriesByGram.set(gram, [entry]);
      else entries.push(entry);
    }
  }

  /** The held-out problem that this prompt repeats to the largest share, if any reaches the minimum. */
  find(prompt: string): Overlap | undefined {
    const id = this.equal.get(normalisePrompt(prompt));
    if (id !== undefined) return { id, equal: true, share: 1 };
    let best: Overlap | undefined;
    for (const [entry, count] of this.sharedGrams(prompt)) {
      const share = count / entry.size;
      if (share >= this.options.share && share > (best?.share ?? 0)) best = { id: entry.id, equal: false, share };
    }
    return best;
  }

  /** For each held-out problem with an n-gram of the prompt, how many distinct ones they share. */
  private sharedGrams(prompt: string): Map<Entry, number> {
    const words = wordsOf(prompt).map((word) => this.vocabulary.get(word));
    const counts = new Map<Entry, number>();
    for (const gram of new Set(ngrams(words, this.options.words)))
      for (const entry of this.entriesByGram.get(gram) ?? []) counts.set(entry, (counts.get(entry) ?? 0) + 1);
    return counts;
  }

  private numberOf(word: string): number {
    const known = this.vocabulary.get(word);
    if (known !== undefined) return known;
    this.vocabulary.set(word, this.vocabulary.size + 1);
    return this.vocabulary.size;
  }
}

/** A held-out problem with the number of its distinct n-grams. */
interface Entry {
  readonly id: string;
  readonly size: number;
}

/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loop, over every word of the training data */

/** Hashes of all n consecutive words; words that no held-out problem has are undefined and part of no n-gram. */
function* ngrams(words: readonly (number | undefined)[], n: number): Generator<number> {
  let known = 0;
  for (let end = 0; end < words.length; end++) {
    known = words[end] === undefined ? 0 : known + 1;
    if (known < n) continue;
    let [high, low] = [0x811c9dc5, 0x9747b28c];
    for (let i = end - n + 1; i <= end; i++) {
      high = Math.imul(high ^ words[i]!, 0x01000193);
      low = Math.imul(low ^ words[i]!, 0x5bd1e995);
      low ^= low >>> 15;
    }
    yield (high >>> 0) * 2 ** 21 + ((low >>> 0) & 0x1fffff);
  }
}
