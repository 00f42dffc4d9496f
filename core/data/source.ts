import type { Problem } from '../contracts/data.js';
import { openDataFile, type DataFile, type OpenFile } from './files/data-file.js';
import { duplicateId, emptySource, malformedRecord, noOptions, nothingSelected } from './errors.js';
import { missingColumns } from './files/errors.js';
import { fieldAt, rootOf, type FieldPath } from './fields.js';
import { detectForm, formNamed, formNames, mappedForm, type FieldMap } from './forms.js';
import { metadataOf } from './metadata.js';
import { NoteBook, ownIdFields } from './note-book.js';
import type { DataNote } from './notes.js';
import type { OptionOrder, RecordForm } from './record-form.js';
import { showLocation, type RecordLocation } from './record-location.js';
import { digitsOf, WrittenNumber } from './files/written-number.js';

/** Which records of a file are selected: those whose fields have the given value, or one of the given values. */
export type Selection = Readonly<Record<FieldPath, string | number | boolean | readonly (string | number | boolean)[]>>;

/** Files that together are one source of problems. */
export interface SourceRequest {
  /** Begins the ids of the problems. */
  readonly name: string;
  readonly files: readonly DataFile[];
  /** Absent, with `fields` absent too: detected from the first record. */
  readonly form?: string | undefined;
  readonly fields?: FieldMap | undefined;
  /** Field that makes the id of a problem, instead of its number; must differ between records. */
  readonly id?: FieldPath | undefined;
  readonly where?: Selection | undefined;
  /** Fields that problems keep as their metadata. */
  readonly metadata?: readonly FieldPath[] | undefined;
  /** In which order the options of a question are shown; absent, as the records have them. */
  readonly optionOrder?: OptionOrder | undefined;
  /** The setting that states the source, for errors, for example `data.train.0`. */
  readonly origin: string;
}

export interface SourceContent {
  readonly problems: readonly Problem[];
  readonly form: string;
  /** Records left out by `where`. */
  readonly unselected: number;
  readonly notes: readonly DataNote[];
}

/**
 * Reads all problems of a source, checking every record. Throws ORZ_DATA_EMPTY if there is none, and whatever opening
 * and reading the files throw. A problem's id is the source and the record, so it does not depend on other sources.
 * `onProgress` receives the share that has been read, 0 to 1.
 */
export async function readSource(
  request: SourceRequest,
  onProgress: (share: number) => void = () => undefined,
): Promise<SourceContent> {
  const reader = new SourceReader(request);
  for (const [i, file] of request.files.entries()) {
    const open = await openDataFile(file);
    await reader.read(file, open, (bytes) => {
      onProgress((i + bytes / open.bytes) / request.files.length);
    });
  }
  return reader.content();
}

const maxShownValues = 10;

/** Reads the files of one source one after another; all records have one form. */
class SourceReader {
  private form: RecordForm | undefined;
  private readonly problems: Problem[] = [];
  /** For each explicit id the record that has it, in words. */
  private readonly ids = new Map<string, string>();
  /** Some values of the fields of `where`, for the error when nothing was selected. */
  private readonly seen = new Map<FieldPath, Set<string>>();
  private unselected = 0;
  private readonly noteBook = new NoteBook();

  constructor(private readonly request: SourceRequest) {
    if (request.fields !== undefined) this.form = mappedForm(request.fields);
    else if (request.form !== undefined) this.form = formNamed(request.form);
  }

  async read(file: DataFile, open: OpenFile, onBytes: (bytes: number) => void): Promise<void> {
    this.form ??= await formOf(open, file.label);
    const { form } = this;
    // A file without records has no form; that there are none is reported when all files are read.
    if (form === undefined) return;
    if (this.request.optionOrder && !form.hasOptions) throw noOptions(file.label, form.name);
    const known = { name: form.name, known: formNames };
    for await (const batch of open.records(this.columnsOf(open, file.label, form), onBytes)) {
      for (const record of batch) {
        const { value, number, line } = record;
        if (!this.selects(value)) continue;
        const location = { file: file.label, number, ...(line !== undefined && { line }), form: known };
        const content = form.read(value, location, this.request.optionOrder);
        const kept = this.metadataOf(value, form, location);
        this.problems.push({ id: this.idOf(value, location, file), ...content, ...kept });
        this.noteBook.look(record, form, location, content);
      }
    }
  }

  content(): SourceContent {
    const { form, problems, unselected } = this;
    if (form === undefined || problems.length === 0) throw this.empty();
    return { problems, form: form.name, unselected, notes: this.noteBook.all() };
  }

  /** The columns of a table that are needed; undefined for other files. */
  private columnsOf({ columns }: OpenFile, label: string, form: RecordForm): string[] | undefined {
    if (columns === undefined) return undefined;
    const { where = {}, id, metadata = [] } = this.request;
    const paths = [...Object.keys(where), ...(id === undefined ? [] : [id]), ...metadata];
    const needed = new Set([...form.fields, ...paths.map((path) => (columns.includes(path) ? path : rootOf(path)))]);
    const missing = [...needed].filter((column) => !columns.includes(column));
    if (missing.length > 0)
      throw missingColumns(label, { missing, columns, form: form.name, fields: form.fields, known: formNames });
    const wished = [...(form.optional ?? []), ...ownIdFields];
    const optional = wished.filter((column) => columns.includes(column) && !needed.has(column));
    return [...needed, ...optional];
  }

  private selects(record: unknown): boolean {
    for (const [path, wanted] of Object.entries(this.request.where ?? {})) {
      const value = fieldAt(record, path);
      const choices: readonly (string | number | boolean)[] = typeof wanted === 'object' ? wanted : [wanted];
      if (choices.some((one) => isSame(one, value))) continue;
      const seen = this.seen.get(path) ?? new Set();
      if (seen.size < maxShownValues) this.seen.set(path, seen.add(String(value)));
      this.unselected++;
      return false;
    }
    return true;
  }

  /** What the form keeps and what was asked for; nothing where neither is. */
  private metadataOf(record: unknown, form: RecordForm, location: RecordLocation): Pick<Problem, 'metadata'> {
    const { metadata: paths } = this.request;
    if (paths === undefined && form.metadata === undefined) return {};
    return { metadata: { ...form.metadata?.(record, location), ...metadataOf(record, paths ?? [], location) } };
  }

  private idOf(record: unknown, location: RecordLocation, file: DataFile): string {
    const { id: field, name, files, origin } = this.request;
    if (field === undefined) return `${name}${files.length > 1 ? `/${file.name}` : ''}#${location.number}`;
    const value = fieldAt(record, field);
    const text = typeof value === 'string' ? value : digitsOf(value);
    if (text === undefined || text === '')
      throw malformedRecord(location, { field, value, expected: 'a text that is not empty, or a number' });
    const id = `${name}/${text}`;
    const earlier = this.ids.get(id);
    if (earlier !== undefined) throw duplicateId(location, { field, value }, earlier, `${origin}.id`);
    this.ids.set(id, showLocation(location));
    return id;
  }

  private empty() {
    const { files, where, origin } = this.request;
    const labels = files.map(({ label }) => label);
    if (this.unselected === 0) return emptySource(labels, origin);
    const found = [...this.seen].map(
      ([path, values]) => `${path}: ${[...values].join(', ')}${values.size === maxShownValues ? ', …' : ''}`,
    );
    return nothingSelected({ files: labels, records: this.unselected, where, found, origin });
  }
}

/** Whether a field has a value that is selected; 3 selects 3.00 of a DECIMAL column. */
const isSame = (wanted: string | number | boolean, value: unknown): boolean =>
  String(wanted) === String(value) || (value instanceof WrittenNumber && Number(value.text) === wanted);

async function formOf(open: OpenFile, label: string): Promise<RecordForm | undefined> {
  const first = await open.first();
  return first === undefined ? undefined : detectForm(first, { file: label, number: 1 });
}
