import type { Problem } from '../contracts/data.js';
import { OrzError } from '../errors.js';
import { filterNames, type FilterName } from './filters.js';
import type { FilterReport, Finding, SourceReport } from './report.js';
import { showLocation, type RecordLocation } from './record-location.js';
import { WrittenNumber } from './files/written-number.js';

export interface MalformedRecord {
  /** A path such as `prompt[0].content`; absent if the whole record is at fault. */
  readonly field?: string;
  readonly value?: unknown;
  readonly expected: string;
  readonly remedy?: string;
}

/** A record that is not as its form demands. */
export function malformedRecord(location: RecordLocation, problem: MalformedRecord): OrzError {
  const { field, value, expected, remedy = remedyFor(location) } = problem;
  const shown = showLocation(location);
  const subject =
    field === undefined ? `${shown.charAt(0).toUpperCase()}${shown.slice(1)}` : `Field ${field} of ${shown}`;
  return new OrzError('ORZ_DATA_MALFORMED', `${subject} is ${value === undefined ? 'missing' : 'malformed'}`, {
    ...(value !== undefined && { value: preview(value) }),
    allowed: expected,
    origin: `${location.file}, record ${location.number}`,
    remedy,
  });
}

function remedyFor({ form }: RecordLocation): string {
  if (form === undefined) return 'Correct the record, or remove it from the file.';
  const others = form.known.filter((name) => name !== form.name).join(', ');
  return `Correct the record, or remove it from the file; it was read in the form ${form.name}, others are ${others}.`;
}

/** An answer that is NaN or an infinity, of a text file or of a table. */
export function notANumber(location: RecordLocation, field: string, value: WrittenNumber | number): OrzError {
  const at = value instanceof WrittenNumber ? value.position : undefined;
  return malformedRecord(location, {
    field,
    value: `${String(value)}${at === undefined ? '' : `, at line ${at.line}, column ${at.column}`}`,
    expected: 'a text, a number, or null for none',
    remedy:
      'Correct the record: Python writes NaN and Infinity for numbers that are missing or too large; ' +
      'write null for no answer.',
  });
}

const maxPreview = 200;

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
  text.length > maxPreview ? `${text.slice(0, maxPreview)} … (${text.length} characters)` : text;

/** An id that an earlier record of the source has too; `setting` is what chose the field, `earlier` the record. */
export const duplicateId = (
  location: RecordLocation,
  { field, value }: { readonly field: string; readonly value: unknown },
  earlier: string,
  setting: string,
): OrzError =>
  malformedRecord(location, {
    field,
    value,
    expected: `a unique id; ${earlier} has the same`,
    remedy: `Correct the ids, or leave ${setting} out: problems are then numbered.`,
  });

/** Two different problems of the list `name` with one id. */
export const sharedProblemId = (name: string, one: Problem, other: Problem): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `Two different ${name} have the id ${one.id}`, {
    value: [one, other].map(({ prompt, answer }) => shorten(`${prompt} → ${answer}`)),
    allowed: 'an id of its own for each problem',
    origin: 'data',
    remedy: 'Correct the ids in the file, or the plugin that makes the problems; give sources names of their own.',
  });

/** A name that no form has. */
export const noSuchForm = (name: string, known: readonly string[]): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `There is no record form '${name}'`, {
    value: name,
    allowed: known,
    origin: 'form',
    remedy: 'Choose one of those listed, or name the fields instead.',
  });

/** A first record that matches no known form. */
export function unrecognisedRecord(location: RecordLocation, record: unknown, known: readonly string[]): OrzError {
  const value: unknown = record instanceof WrittenNumber ? record.text : record;
  const fields =
    typeof value === 'object' && value !== null ? Object.keys(value).slice(0, 20).join(', ') : String(value);
  return malformedRecord(location, {
    value: `fields: ${fields}`,
    expected: `one of the forms ${known.join(', ')}`,
    remedy:
      'Name the fields, for example fields: { prompt: "question", answer: "solution" }; ' +
      'all forms are in docs/data.md.',
  });
}

/** Files without any record; `origin` is the setting that names them. */
export function emptySource(files: readonly string[], origin: string): OrzError {
  const names = files.join(', ');
  return new OrzError('ORZ_DATA_EMPTY', `${names} ${files.length === 1 ? 'contains' : 'contain'} no problem`, {
    value: names,
    origin,
    remedy: 'Give a file with problems.',
  });
}

export interface EmptySelection {
  readonly files: readonly string[];
  /** Records that were not selected: all. */
  readonly records: number;
  readonly where: unknown;
  /** For each field of the selection some values that occur. */
  readonly found: readonly string[];
  /** The setting of the source. */
  readonly origin: string;
}

/** A selection that no record fulfils. */
export const nothingSelected = ({ files, records, where, found, origin }: EmptySelection): OrzError =>
  new OrzError('ORZ_DATA_EMPTY', `None of the ${records} records of ${files.join(', ')} is selected`, {
    value: where,
    allowed: found,
    origin: `${origin}.where`,
    remedy: 'Correct the field or the value; values that were found are listed.',
  });

/** Files of a dataset that do not belong together: of several folders or several kinds, which are listed. */
export function ambiguousFiles(
  files: readonly string[],
  several: 'folders' | 'kinds',
  found: readonly string[],
  origin: string,
): OrzError {
  const byFolder = several === 'folders' ? `${origin}.config=FOLDER, or ` : '';
  return new OrzError('ORZ_CONFIG_INVALID', `The files of ${origin} are of several ${several}`, {
    value: files.slice(0, 20),
    allowed: found,
    origin,
    remedy: `Choose one: ${byFolder}${origin}.files=PATTERN.`,
  });
}

/** A setting that no file of a dataset matches; `candidates` are the files it chose from. */
export const noMatchingFile = (origin: string, value: unknown, candidates: readonly string[]): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `No file of the dataset matches ${origin}`, {
    ...(value !== undefined && { value }),
    allowed:
      candidates.length === 0 ? 'Parquet, JSONL or JSON files: the repository has none' : candidates.slice(0, 30),
    origin,
    remedy: 'Choose among those listed; patterns may contain * and **.',
  });

/** Without the flags of the run it would list the problems of another one. */
const listSome = 'list some with orz-train data and the --preset, --config and --set of this run';

/** Training problems that a filter set to `fail` matched. */
export function filterFailed({ filter, found, examples }: FilterReport): OrzError {
  const tooLong = filter === 'promptTooLong';
  const [example] = examples;
  const first = example === undefined ? '' : `, first ${example.id}: ${example.reason}`;
  const subject = `${found} training ${found === 1 ? 'problem' : 'problems'}`;
  return new OrzError(
    tooLong ? 'ORZ_PROMPT_TOO_LONG' : 'ORZ_DATA_REJECTED',
    `The filter ${filter} rejects ${subject}${first}`,
    {
      value: found,
      origin: `dataFilters.${filter}`,
      remedy:
        `Correct the problems (${listSome}), ${tooLong ? 'raise maxPromptTokens, ' : ''}` +
        `or leave them out: --set dataFilters.${filter}=drop`,
    },
  );
}

/** A held-out problem whose prompt exceeds `limit` tokens. */
export const heldOutPromptTooLong = ({ id, reason }: Finding, limit: number): OrzError =>
  new OrzError('ORZ_PROMPT_TOO_LONG', `The held-out problem ${id} is too long: ${reason}`, {
    allowed: `at most ${limit} tokens (evaluation.maxPromptTokens)`,
    origin: id,
    remedy: 'Held-out sets are never filtered: raise evaluation.maxPromptTokens, or leave the problem out of the file.',
  });

/** A problem without a pass rate, where `dataFilters.passRate` asks for one; `value` is what it has in its place. */
export const noPassRate = (id: string, value: unknown): OrzError =>
  new OrzError('ORZ_DATA_REJECTED', `The training problem ${id} has no pass rate`, {
    ...(value !== undefined && { value: preview(value) }),
    allowed: 'a field pass_rate from 0 to 1',
    origin: 'dataFilters.passRate',
    remedy:
      'Sample it, and train on the file that this writes: orz-train mine FILE. ' +
      'A field pass_rate of your own files counts if it is listed in the metadata of the source.',
  });

/** `dataFilters.passRate` for problems that are made on demand, which no filter sees. */
export const passRateOfGenerated = (): OrzError =>
  new OrzError('ORZ_DATA_REJECTED', 'Problems that are made on demand have no pass rate', {
    value: 'made on demand',
    allowed: 'problems of a file',
    origin: 'dataFilters.passRate',
    remedy: 'Sample some of them, and train on the file that this writes: orz-train mine --limit 1000',
  });

/** What to do when a filter has left nothing. */
const remedyOfFilter: Readonly<Record<FilterName, string>> = {
  emptyAnswer: 'Add the gold answers, or name the field that holds them (docs/data.md)',
  duplicate: 'Remove the file: earlier ones hold the same problems',
  overlap: 'Train on other files than you evaluate with',
  passRate: 'Widen dataFilters.passRate, or sample more problems: orz-train mine',
  promptTooLong: 'Raise maxPromptTokens',
  ungradable: 'Correct the gold answers, or choose a reward that can read them',
};

/** A source without a problem. */
const nothingIn = (name: string): OrzError =>
  new OrzError('ORZ_DATA_EMPTY', `There is no problem in ${name}`, {
    value: 0,
    allowed: 'at least one problem',
    origin: 'data',
    remedy: `Choose other data, or correct the plugin that provides them. To see what it provides: ${listSome}.`,
  });

/** A source of training problems of which the filters left nothing. */
export function allFiltered({ name, problems, dropped }: SourceReport): OrzError {
  if (problems === 0) return nothingIn(name);
  const counts = Object.entries(dropped)
    .map(([filter, count]) => `${filter} ${count}`)
    .join(', ');
  const causes = filterNames.filter((filter) => dropped[filter]).map((filter) => remedyOfFilter[filter]);
  return new OrzError(
    'ORZ_DATA_EMPTY',
    `No problem of ${name} is left: the filters dropped all ${problems} (${counts})`,
    {
      value: problems,
      origin: 'dataFilters',
      remedy: `${causes.join('. ')}. To see which: ${listSome}.`,
    },
  );
}

/** A seed for the order of options, for records that have none in fields of their own. */
export const noOptions = (file: string, form: string): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `${file} has no options that could be shown in another order`, {
    value: form,
    allowed: 'a form with the options in fields of their own: mmlu, mmlu-pro, gpqa, or fields.choices',
    origin: file,
    remedy: 'Take optionSeed out, or give a file with separate options.',
  });
