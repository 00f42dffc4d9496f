import { normalisePrompt, withoutChoices, wordsOf } from './normalise.js';

/** A held-out problem that a training problem repeats. */
export interface Overlap {
  /** Id of the held-out problem. */
  readonly id: string;
  /** Whether the two have the same text, but for white space and the options of a question. */
  readonly equal: boolean;
  /** Share of its word n-grams that the training problem holds. */
  readonly share: number;
}

export interface OverlapOptions {
  /** Words of an n-gram. A held-out problem with fewer than as many n-grams says too little for a share and is only found by equality. */
  readonly words: number;
  /** Least share that counts. */
  readonly share: number;
}

/**
 * Finds training problems that repeat held-out ones, whole or nearly: an inverted index from the word n-grams of the held-out problems to the problems. Looking a prompt up costs time
 * proportional to its length. N-grams are held as 53-bit hashes, so that two different ones are taken for the same once in 10^10 look-ups against 10^6 of them.
 */
export class OverlapIndex {
  private readonly equal = new Map<string, string>();
  /** Held-out problems with n-grams. */
  private readonly ids: string[] = [];
  /** Distinct n-grams of each. */
  private readonly sizes: number[] = [];
  private readonly vocabulary = new Map<string, number>();
  private readonly grams = new Map<number, number[]>();

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
    const entry = this.ids.push(id) - 1;
    this.sizes.push(grams.size);
    for (const gram of grams) {
      const entries = this.grams.get(gram);
      if (entries === undefined) this.grams.set(gram, [entry]);
      else entries.push(entry);
    }
  }

  /** The held-out problem that this prompt repeats most, if any reaches the share. */
  find(prompt: string): Overlap | undefined {
    const id = this.equal.get(normalisePrompt(prompt));
    if (id !== undefined) return { id, equal: true, share: 1 };
    const hits = new Map<number, number>();
    const seen = new Set<number>();
    for (const gram of ngrams(
      wordsOf(prompt).map((word) => this.vocabulary.get(word)),
      this.options.words,
    )) {
      const entries = this.grams.get(gram);
      if (entries === undefined || seen.has(gram)) continue;
      seen.add(gram);
      for (const entry of entries) hits.set(entry, (hits.get(entry) ?? 0) + 1);
    }
    let best: Overlap | undefined;
    for (const [entry, count] of hits) {
      const share = count / this.sizes[entry]!;
      if (share >= this.options.share && share > (best?.share ?? 0))
        best = { id: this.ids[entry]!, equal: false, share };
    }
    return best;
  }

  private numberOf(word: string): number {
    const known = this.vocabulary.get(word);
    if (known !== undefined) return known;
    this.vocabulary.set(word, this.vocabulary.size + 1);
    return this.vocabulary.size;
  }
}

/** Hashes of every run of n words; a word that no held-out problem has breaks the run. */
function* ngrams(words: readonly (number | undefined)[], n: number): Generator<number> {
  let run = 0;
  for (let end = 0; end < words.length; end++) {
    run = words[end] === undefined ? 0 : run + 1;
    if (run < n) continue;
    let [high, low] = [0x811c9dc5, 0x9747b28c];
    for (let i = end - n + 1; i <= end; i++) {
      high = Math.imul(high ^ words[i]!, 0x01000193);
      low = Math.imul(low ^ words[i]!, 0x5bd1e995);
      low ^= low >>> 15;
    }
    yield (high >>> 0) * 2 ** 21 + ((low >>> 0) & 0x1fffff);
  }
}
