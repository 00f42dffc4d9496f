import type { Tokenizer } from '../contracts/tokenizer.js';
import { streamEnded } from './errors.js';
import { IncrementalDecoder } from './incremental-decoder.js';
import { StopFinder } from './stop-finder.js';

export interface StreamPiece {
  /** Text that became certain. When stopped, it ends with the stop string; the rest of the token is left out. */
  readonly text: string;
  /** The stop string that ended the text. */
  readonly stopped?: string;
}

/** A response as text while it is sampled, one token at a time. */
export interface TextStream {
  /** Must not be called again once a piece was `stopped` or after `finish`. */
  push(token: number): StreamPiece;
  /** The rest, when the tokens ended without a stop string: an incomplete character as U+FFFD, usually nothing. */
  finish(): StreamPiece;
}

/**
 * A stream whose joined pieces are `tokenizer.decode` of all tokens, up to and including the first stop string. Work is
 * linear in the length of the text; only a tail of it is kept.
 *
 * @throws OrzError ORZ_CONFIG_INVALID for an empty stop string.
 */
export function createTextStream(tokenizer: Tokenizer, stop: readonly string[] = []): TextStream {
  const decoder = new IncrementalDecoder(tokenizer);
  const finder = new StopFinder(stop);
  let ended = false;
  const piece = (text: string): StreamPiece => {
    if (text === '') return { text };
    const match = finder.search(text);
    if (match === undefined) return { text };
    ended = true;
    return { text: text.slice(0, match.end), stopped: match.stop };
  };
  const refuseWhenEnded = (): void => {
    if (ended) throw streamEnded();
  };
  return {
    push(token) {
      refuseWhenEnded();
      return piece(decoder.push(token));
    },
    finish() {
      refuseWhenEnded();
      const last = piece(decoder.finish());
      ended = true;
      return last;
    },
  };
}
