import { OrzError } from '../../errors.js';
import type { TextPosition } from './text-position.js';

const fileKinds = 'a JSON array of records, one JSON record per line (JSONL), both in UTF-8, or Parquet';
const arrayOrLines = 'Give a JSON array of records, or one JSON record per line (JSONL).';

/** A file that cannot be read as records; `problem` continues its name. */
function malformedFile(file: string, problem: string, remedy: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `${file} ${problem}`, {
    value: file,
    allowed: fileKinds,
    origin: 'data',
    remedy,
    ...(cause !== undefined && { cause }),
  });
}

/** A file that does not exist in a folder. */
export const missingFile = (label: string, folder: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no file ${label}`, {
    value: label,
    origin: folder,
    remedy: 'Correct the path, which is relative to the current folder, or fetch the file.',
  });

export const compressedFile = (file: string, kind: string): OrzError =>
  malformedFile(file, `is ${kind}`, 'Decompress it first.');

export const utf16File = (file: string): OrzError => malformedFile(file, 'is UTF-16', 'Save it as UTF-8.');

export const gitLfsPointer = (file: string): OrzError =>
  malformedFile(file, 'is a Git LFS pointer, not the file itself', 'Fetch the file: git lfs pull.');

export const notParquet = (file: string): OrzError =>
  malformedFile(
    file,
    'is named .parquet but does not begin like a Parquet file',
    'The file is damaged, or is a Git LFS pointer: fetch it again.',
  );

/** A file that begins with `start`, as no file of a known kind does. */
export const unknownFileKind = (file: string, start: string): OrzError =>
  malformedFile(file, `begins with ${JSON.stringify(start)}`, `Give ${fileKinds}.`);

/** Something else than an array at the beginning of a JSON text. */
export const noArray = (file: string, character: string, position: string): OrzError =>
  malformedFile(file, `begins with ${JSON.stringify(character)}, at ${position}`, arrayOrLines);

export const textAfterArray = (file: string, position: string): OrzError =>
  malformedFile(
    file,
    `continues after the end of the array, at ${position}`,
    'Remove what follows the closing bracket, or name the file .jsonl if each line is a record.',
  );

/** An array that is not closed; `read` records were complete, `open` is where the next one began, if one did. */
export function truncatedArray(
  file: string,
  read: number,
  open: { readonly start: TextPosition; readonly offset: number } | undefined,
): OrzError {
  const problem =
    open === undefined
      ? `ends after record ${read}, before the array is closed`
      : `ends inside record ${read + 1}, which begins at line ${open.start.line}, byte ${open.offset + 1}`;
  return malformedFile(file, problem, 'The file is truncated: fetch it again.');
}

export const oversizedRecord = (file: string, maxBytes: number, line: number): OrzError =>
  malformedFile(
    file,
    `has a record of more than ${maxBytes / 2 ** 20} MiB, which begins at line ${line}`,
    'Put each record on a line of its own, or write them as a JSON array.',
  );

/** A record that is not JSON; `problem` says why. */
export const invalidJson = (file: string, record: number, problem: string, { line, column }: TextPosition): OrzError =>
  malformedFile(
    file,
    `record ${record} is not JSON, at line ${line}, column ${column}: ${problem}`,
    'Correct the record that is named; in JSON, a backslash of LaTeX is written twice.',
  );

/** A byte that is not UTF-8; `problem` says where it is and what it is. */
export const invalidUtf8 = (file: string, record: number, problem: string): OrzError =>
  malformedFile(file, `is not UTF-8 in record ${record}, at ${problem}`, 'Save the file as UTF-8.');

/** A damaged part of a Parquet file; `part` names it. */
export function unreadableParquet(file: string, part: string, cause: unknown): OrzError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = 'The file is truncated or damaged: fetch it again.';
  return malformedFile(file, `has ${part} that cannot be read: ${reason}`, remedy, cause);
}

/** Text in a Parquet column of type JSON that is not JSON. */
export const unreadableJson = (problem: string, { line, column }: TextPosition): OrzError =>
  new OrzError(
    'ORZ_DATA_MALFORMED',
    `A value of a column of type JSON is not JSON, at line ${line}, column ${column}`,
    {
      value: problem,
      allowed: 'JSON',
      origin: 'data',
      remedy: 'Correct the file, or write the column as text.',
    },
  );

/** A DECIMAL column that claims `size`; `maxDigits` are allowed. */
export const implausibleDecimal = (file: string, column: string, size: string, maxDigits: number): OrzError =>
  malformedFile(
    file,
    `has a DECIMAL column ${column} of ${size}, more than ${maxDigits} digits`,
    'The file is damaged: fetch it again.',
  );

/** A Parquet column that contradicts itself or the file; `problem` continues its name. */
export const damagedColumn = (file: string, column: string, problem: string): OrzError =>
  malformedFile(file, `is damaged: column ${column} ${problem}`, 'Fetch the file again.');

/** A part of a Parquet file that would expand to more than is allowed; both sizes with their unit. */
export const columnTooLarge = (file: string, part: string, size: string, limit: string): OrzError =>
  malformedFile(
    file,
    `has ${size} in ${part}; allowed are ${limit}`,
    'Write it with smaller pages and row groups, for example row_group_size=100_000 in pyarrow, if it is not damaged.',
  );

export const tooManyBytes = (file: string, part: string, bytes: number, limit: number): OrzError =>
  columnTooLarge(file, part, `${Math.ceil(bytes / 2 ** 20)} MiB`, `${limit / 2 ** 20} MiB`);

/** A Parquet file whose number of rows contradicts its row groups, or its size of so many bytes. */
export const implausibleRows = (
  file: string,
  {
    claimed,
    inGroups,
    bytes,
  }: { readonly claimed: number | bigint; readonly inGroups: number; readonly bytes: number },
): OrzError =>
  malformedFile(
    file,
    `claims ${claimed} rows, has row groups of ${inGroups}, and is ${bytes} bytes long`,
    'The file is damaged, or too large: fetch it again, or split it.',
  );

export interface MissingColumns {
  readonly missing: readonly string[];
  readonly columns: readonly string[];
  /** The form that needs them, its fields, and all known forms. */
  readonly form: string;
  readonly fields: readonly string[];
  readonly known: readonly string[];
}

/** A table without columns that are needed. */
export const missingColumns = (file: string, { missing, columns, form, fields, known }: MissingColumns): OrzError =>
  malformedFile(
    file,
    `has no column ${missing.join(', ')}; it has ${columns.join(', ') || 'none'}`,
    `The form ${form} needs ${fields.join(', ')}. Name the fields of this file: ` +
      `fields: { prompt: "…", answer: "…" }, or another form: ${known.join(', ')}.`,
  );
