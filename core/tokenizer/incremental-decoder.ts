import type { Tokenizer } from '../contracts/tokenizer.js';

/** What decoding gives for a character whose last bytes are still missing; at most one of them can still change. */
const replacement = '\uFFFD';
/** Tokens in the window beyond which old ones are dropped. */
const windowLimit = 16;
/** Maximum bytes of a character, and so of the tokens that decide whether and how the end of the text can change. */
const bytesPerCharacter = 4;

/**
 * Decodes a text token by token; the pieces joined are `decode` of all tokens. A character that needs several tokens is
 * emitted whole, with its last one. Only the tokens whose text can still change are decoded again, so the work is
 * linear in the length of the text, whatever the tokens are.
 */
export class IncrementalDecoder {
  readonly #tokenizer: Tokenizer;
  /** The first tokens: some decoders treat the beginning of a text in their own way. */
  #anchor: number[] | undefined;
  #anchorText = '';
  /** Anchor, then the tokens whose text can still change. */
  #window: number[] = [];
  #text = '';
  /** Characters of `#text` that have been emitted. */
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
    if (certain === this.#text.length) this.#restart();
    else if (this.#window.length > windowLimit) this.#shorten();
    return piece;
  }

  /** The rest of a character that never became complete. */
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
   * Bytes that never become a character keep the end undecided for ever; drops the old ones. The cut may fall inside a
   * character: UTF-8 resynchronises at the next first byte, so the end of the text stays the same, and all of it but
   * the undecided last character has been emitted.
   */
  #shorten(): void {
    this.#window = this.#window.slice(-bytesPerCharacter);
    this.#text = this.#tokenizer.decode(this.#window);
    this.#emitted = this.#text.length - 1;
  }
}
