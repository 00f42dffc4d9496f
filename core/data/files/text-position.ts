/** A place in a text file. */
export interface TextPosition {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters; what lies before a record that begins in mid-line counts in bytes. */
  readonly column: number;
}
