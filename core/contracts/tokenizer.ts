/** Text to token ids and back. Ids of text pieces are stable; special tokens are encoded as single ids. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** Ids that end a text, for example `<|endoftext|>`; may be several. */
  readonly endTokens: readonly number[];
  readonly bosToken?: number;
  encode(text: string): Int32Array;
  /** Text of the ids, special tokens included. Incomplete characters at the end come out as U+FFFD. */
  decode(tokens: ArrayLike<number>): string;
  /** The `tokenizer.json` this was made from, so that exports carry it. */
  readonly definition: unknown;
}
