import type { Problem } from '../contracts/data.js';
import { OrzError } from '../errors.js';
import { openDataFile, type DataFile, type OpenFile } from './data-file.js';
import { fieldAt, rootOf, type FieldPath } from './fields.js';
import { detectForm, formNamed, formNames, mappedForm, type FieldMap, type RecordForm } from './forms.js';
import { malformedFile, malformedRecord, showPlace, type RecordPlace } from './place.js';

/** Which records of a file are wanted: those whose fields have the given value, or one of the given values. */
export type Selection = Readonly<Record<FieldPath, string | number | boolean | readonly (string | number | boolean)[]>>;

/** Files that together are one source of problems. */
export interface SourceRequest {
  /** Begins the ids of the problems. */
  readonly name: string;
  readonly files: readonly DataFile[];
  /** Absent, with `fields` absent too: found by the first record. */
  readonly form?: string | undefined;
  readonly fields?: FieldMap | undefined;
  /** Field that makes the id of a problem, instead of its number; must differ between records. */
  readonly id?: FieldPath | undefined;
  readonly where?: Selection | undefined;
  /** Where the setting stands, for errors, for example `data.train.0`. */
  readonly origin: string;
}

export interface SourceContent {
  readonly problems: readonly Problem[];
  readonly form: string;
  /** Records left out by `where`. */
  readonly unselected: number;
}

/**
 * Reads all problems of a source, checking every record. Throws ORZ_DATA_EMPTY if there is none, and whatever opening and reading the files throw. A problem's id is
 * the source and the record, so it does not depend on other sources. `onProgress` is told the share that has been read, 0 to 1.
 */
export async function readSource(
  request: SourceRequest,
  onProgress: (share: number) => void = () => undefined,
): Promise<SourceContent> {
  const gathered: Gathered = { problems: [], ids: new Map(), seen: new Map(), unselected: 0 };
  let form: RecordForm | undefined;
  for (const [i, file] of request.files.entries()) {
    const open = await openDataFile(file);
    const onBytes = (bytes: number): void => {
      onProgress((i + bytes / open.bytes) / request.files.length);
    };
    form ??=
      request.fields !== undefined
        ? mappedForm(request.fields)
        : request.form !== undefined
          ? formNamed(request.form)
          : await formOf(open, file.label);
    // A file without records has no form; that there are none is said below.
    if (form !== undefined) await readFile({ request, file, open, form, gathered, onBytes });
  }
  if (form === undefined || gathered.problems.length === 0) throw nothing(request, gathered);
  return { problems: gathered.problems, form: form.name, unselected: gathered.unselected };
}

interface Gathered {
  readonly problems: Problem[];
  /** Where each explicit id was first. */
  readonly ids: Map<string, string>;
  /** Some values of the fields of `where`, for the error when nothing was selected. */
  readonly seen: Map<FieldPath, Set<string>>;
  unselected: number;
}

async function formOf(open: OpenFile, label: string): Promise<RecordForm | undefined> {
  const first = await open.first();
  return first === undefined ? undefined : detectForm(first, { file: label, number: 1 });
}

interface FileReading {
  readonly request: SourceRequest;
  readonly file: DataFile;
  readonly open: OpenFile;
  readonly form: RecordForm;
  readonly gathered: Gathered;
  readonly onBytes: (bytes: number) => void;
}

async function readFile(reading: FileReading): Promise<void> {
  const { request, file, open, form, gathered, onBytes } = reading;
  for await (const batch of open.records(columnsOf(reading), onBytes)) {
    for (const { value, number, line } of batch) {
      if (!selected(value, request.where, gathered)) continue;
      const place: RecordPlace = {
        file: file.label,
        number,
        ...(line !== undefined && { line }),
        form: { name: form.name, known: formNames },
      };
      gathered.problems.push({ id: idOf(value, place, reading), ...form.read(value, place) });
    }
  }
}

/** The columns of a table that are needed; undefined for other files. */
function columnsOf({ request: { where = {}, id }, form, open, file }: FileReading): string[] | undefined {
  if (open.columns === undefined) return undefined;
  const needed = new Set([
    ...form.fields,
    ...[...Object.keys(where), ...(id === undefined ? [] : [id])].map((path) =>
      open.columns!.includes(path) ? path : rootOf(path),
    ),
  ]);
  const missing = [...needed].filter((column) => !open.columns!.includes(column));
  if (missing.length > 0) {
    throw malformedFile(
      file.label,
      `has no column ${missing.join(', ')}; it has ${open.columns.join(', ') || 'none'}`,
      `The form ${form.name} needs ${form.fields.join(', ')}. Name the fields of this file: fields: { prompt: "…", answer: "…" }, or another form: ${formNames.join(', ')}.`,
    );
  }
  return [
    ...needed,
    ...(form.optional ?? []).filter((column) => open.columns!.includes(column) && !needed.has(column)),
  ];
}

const mostSeen = 10;

function selected(record: unknown, where: Selection | undefined, gathered: Gathered): boolean {
  for (const [path, wanted] of Object.entries(where ?? {})) {
    const value = String(fieldAt(record, path));
    if ((Array.isArray(wanted) ? wanted : [wanted]).some((one) => String(one) === value)) continue;
    const seen = gathered.seen.get(path) ?? new Set();
    if (seen.size < mostSeen) gathered.seen.set(path, seen.add(value));
    gathered.unselected++;
    return false;
  }
  return true;
}

function idOf(record: unknown, place: RecordPlace, { request, gathered, file }: FileReading): string {
  const { id, name, files } = request;
  if (id === undefined) return `${name}${files.length > 1 ? `/${file.name}` : ''}#${place.number}`;
  const value = fieldAt(record, id);
  if ((typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') || value === '')
    throw malformedRecord(place, { field: id, value, expected: 'a text that is not empty, or a number' });
  const text = `${name}/${value}`;
  const earlier = gathered.ids.get(text);
  if (earlier !== undefined) {
    throw malformedRecord(place, {
      field: id,
      value,
      expected: `an id of its own; ${earlier} has the same`,
      remedy: `Correct the ids, or leave ${request.origin}.id out: problems are then numbered.`,
    });
  }
  gathered.ids.set(text, showPlace(place));
  return text;
}

function nothing({ files, where, origin }: SourceRequest, { unselected, seen }: Gathered): OrzError {
  const names = files.map(({ label }) => label).join(', ');
  if (unselected === 0)
    return new OrzError('ORZ_DATA_EMPTY', `${names} ${files.length === 1 ? 'holds' : 'hold'} no problem`, {
      value: names,
      origin,
      remedy: 'Give a file with problems.',
    });
  return new OrzError('ORZ_DATA_EMPTY', `None of the ${unselected} records of ${names} is selected`, {
    value: where,
    allowed: [...seen].map(
      ([path, values]) => `${path}: ${[...values].join(', ')}${values.size === mostSeen ? ', …' : ''}`,
    ),
    origin: `${origin}.where`,
    remedy: 'Correct the field or the value; values that were found are listed.',
  });
}
