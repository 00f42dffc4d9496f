import type { Tokenizer } from '../contracts/tokenizer.js';

/** What decoding writes for a character whose last bytes have not come yet; at most one of them can still change. */
const replacement = '\uFFFD';
/** Undecided tokens after which old ones are let go. */
const windowLimit = 16;
/** A character has at most four bytes, so at least four tokens lie between a cut and text that can still change. */
const bytesPerCharacter = 4;

/**
 * Decodes a text token by token; the pieces joined are `decode` of all tokens. A character that needs several tokens comes
 * out whole, with its last one. Only the tokens whose text can still change are decoded again, so the work is linear in the
 * length of the text, whatever the tokens are.
 */
export class IncrementalDecoder {
  readonly #tokenizer: Tokenizer;
  /** The first tokens that made text: some decoders treat the beginning of a text in their own way. */
  #anchor: number[] | undefined;
  #anchorText = '';
  /** Anchor, then the tokens whose text can still change. */
  #window: number[] = [];
  #text = '';
  /** Characters of `#text` given out already. */
  #emitted = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The text that this token makes certain; empty while a character is incomplete. */
  push(token: number): string {
    const before = this.#text;
    this.#window.push(token);
    this.#text = this.#tokenizer.decode(this.#window);
    if (this.#text === before && this.#tokenizer.decode([token, token]) === '') {
      this.#window.pop();
      return '';
    }
    const certain = this.#text.endsWith(replacement) ? this.#text.length - 1 : this.#text.length;
    const piece = this.#text.slice(this.#emitted, certain);
    this.#emitted = Math.max(this.#emitted, certain);
    if (this.#text === '') return '';
    if (certain === this.#text.length) this.#restart();
    else if (this.#window.length > windowLimit + (this.#anchor?.length ?? 0)) this.#shorten();
    return piece;
  }

  /** What is left of a character that never became complete. */
  finish(): string {
    const rest = this.#text.slice(this.#emitted);
    this.#emitted = this.#text.length;
    return rest;
  }

  /** All text is certain: nothing but the anchor is needed any more. */
  #restart(): void {
    if (this.#anchor === undefined) {
      this.#anchor = this.#window;
      this.#anchorText = this.#text;
    }
    this.#window = [...this.#anchor];
    this.#text = this.#anchorText;
    this.#emitted = this.#anchorText.length;
  }

  /**
   * Bytes that never become a character keep the end uncertain for ever. Drops the oldest of them at a border between two
   * characters: a cut is one exactly if both sides decode to the same text as the whole. Of four neighbouring cuts one is.
   */
  #shorten(): void {
    const anchor = this.#anchor ?? [];
    for (let kept = bytesPerCharacter; kept < 2 * bytesPerCharacter; kept++) {
      const cut = this.#window.length - kept;
      const shorter = [...anchor, ...this.#window.slice(cut)];
      const text = this.#tokenizer.decode(shorter);
      const left = this.#tokenizer.decode(this.#window.slice(0, cut));
      if (left + text.slice(this.#anchorText.length) !== this.#text) continue;
      this.#emitted -= this.#text.length - text.length;
      this.#window = shorter;
      this.#text = text;
      return;
    }
  }
}
