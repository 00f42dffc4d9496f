/**
 * What may be wrong with a record that can be read: `lostBackslash`, LaTeX with a control character where a backslash
 * and a letter should be; `writtenNumber`, a number kept as written because no double holds it; `notANumber`, NaN or an
 * infinity in a field that is not used; `repeatedId`, an id field that an earlier, different record has too.
 */
export const noteNames = ['lostBackslash', 'writtenNumber', 'notANumber', 'repeatedId'] as const;
export type NoteName = (typeof noteNames)[number];

/** Behind a number of records, for messages. */
export const noteDescriptions: Readonly<Record<NoteName, string>> = {
  lostBackslash: 'with LaTeX that lost its backslash to an escape',
  writtenNumber: 'with a number that no double holds, kept as written',
  notANumber: 'with NaN or an infinity in a field that is not used',
  repeatedId: 'with an id of their own that an earlier problem has',
};

/** What was noticed in the records of one source; nothing is changed because of it. */
export interface DataNote {
  readonly note: NoteName;
  /** Records it was noticed in. */
  readonly found: number;
  /** The first few: where each is, and what was found. */
  readonly examples: readonly { readonly where: string; readonly what: string }[];
}
