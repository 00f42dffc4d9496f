/** Where a record is. */
export interface RecordLocation {
  /** The file as the configuration names it. */
  readonly file: string;
  /** Position among the records, from 1; empty lines do not count. */
  readonly number: number;
  /** Line of a text file on which the record begins, from 1. */
  readonly line?: number;
  /** The form it is read as, with all known forms, for messages. */
  readonly form?: { readonly name: string; readonly known: readonly string[] };
}

/** For messages: `record 7 (line 9) of data/x.jsonl`. */
export const showLocation = ({ file, number, line }: RecordLocation): string =>
  `record ${number}${line === undefined || line === number ? '' : ` (line ${line})`} of ${file}`;
