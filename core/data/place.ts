import { OrzError } from '../errors.js';

/** Where a record stands. */
export interface RecordPlace {
  /** The file as the configuration names it. */
  readonly file: string;
  /** Place among the records, from 1; empty lines do not count. */
  readonly number: number;
  /** Line of a text file on which the record begins, from 1. */
  readonly line?: number;
  /** The form it is read as, with those there are, for messages. */
  readonly form?: { readonly name: string; readonly known: readonly string[] };
}

/** For messages: `record 7 (line 9) of data/x.jsonl`. */
export const showPlace = ({ file, number, line }: RecordPlace): string =>
  `record ${number}${line === undefined || line === number ? '' : ` (line ${line})`} of ${file}`;

/** The error for a record that is not as it should be; `field` is a path such as `prompt[0].content`. */
export function malformedRecord(
  place: RecordPlace,
  problem: { readonly field?: string; readonly value?: unknown; readonly expected: string; readonly remedy?: string },
): OrzError {
  const { field, value, expected } = problem;
  const subject = field === undefined ? capitalised(showPlace(place)) : `Field ${field} of ${showPlace(place)}`;
  return new OrzError('ORZ_DATA_MALFORMED', `${subject} is ${value === undefined ? 'missing' : 'malformed'}`, {
    ...(value !== undefined && { value: preview(value) }),
    allowed: expected,
    origin: `${place.file}, record ${place.number}`,
    remedy:
      problem.remedy ??
      `Correct the record, or remove it from the file${place.form === undefined ? '' : `; it was read in the form ${place.form.name}, others are ${place.form.known.filter((name) => name !== place.form!.name).join(', ')}`}.`,
  });
}

/** The error for a file that cannot be read as records at all. */
export function malformedFile(file: string, problem: string, remedy: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `${file} ${problem}`, {
    value: file,
    allowed: fileKinds,
    origin: 'data',
    remedy,
    ...(cause !== undefined && { cause }),
  });
}

/** What a data file may be. */
export const fileKinds = 'a JSON array of records, one JSON record per line (JSONL), both in UTF-8, or Parquet';

const longestPreview = 200;

/** A value short enough for a message. Nested values may be deeper than JSON.stringify can go. */
function preview(value: unknown): unknown {
  if (typeof value === 'string') return shorten(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  try {
    return shorten(JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)));
  } catch {
    return Array.isArray(value)
      ? `a list of ${value.length}`
      : `an object with ${shorten(Object.keys(value).join(', '))}`;
  }
}

const shorten = (text: string): string =>
  text.length > longestPreview ? `${text.slice(0, longestPreview)} … (${text.length} characters)` : text;

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
