import { emptyStopString } from './errors.js';

export interface StopMatch {
  readonly stop: string;
  /** Position in the chunk behind the last character of the stop string, at least 1. */
  readonly end: number;
}

/**
 * Finds the first of several stop strings in a text that arrives in chunks, also across chunk borders. The first is the
 * one that ends first; of those that end together, the longest. So the result does not depend on where the chunks are
 * cut. Keeps only as much of the text as a stop string can still need.
 */
export class StopFinder {
  readonly #stops: readonly string[];
  readonly #kept: number;
  #tail = '';

  /** @throws OrzError ORZ_CONFIG_INVALID for an empty stop string, which would end every text at once. */
  constructor(stops: readonly string[]) {
    if (stops.includes('')) throw emptyStopString(stops);
    this.#stops = [...stops].sort((a, b) => b.length - a.length);
    this.#kept = Math.max(0, (this.#stops[0]?.length ?? 0) - 1);
  }

  /** The first stop string that ends in this chunk. Afterwards the finder must not be fed again. */
  search(chunk: string): StopMatch | undefined {
    if (this.#stops.length === 0) return undefined;
    const text = this.#tail + chunk;
    let match: StopMatch | undefined;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop, Math.max(0, this.#tail.length - stop.length + 1));
      const end = at + stop.length - this.#tail.length;
      if (at >= 0 && (match === undefined || end < match.end)) match = { stop, end };
    }
    this.#tail = text.slice(Math.max(0, text.length - this.#kept));
    return match;
  }
}
