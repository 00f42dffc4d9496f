import { fieldAt } from './fields.js';
import type { DataRecord } from './files/json-records.js';
import { findLostBackslash, type LostBackslash } from './lost-backslash.js';
import { noteNames, type DataNote, type NoteName } from './notes.js';
import type { PromptAndAnswer, RecordForm } from './record-form.js';
import { showLocation, type RecordLocation } from './record-location.js';
import { digitsOf, isBeyondDouble } from './files/written-number.js';

const maxExamples = 3;
/** Names under which datasets have ids of their own. */
export const ownIdFields = ['id', 'uid', 'uuid', 'unique_id', 'problem_id', 'question_id'];

/** Collects what is noticed in the records of one source. */
export class NoteBook {
  private readonly notes = new Map<NoteName, { found: number; examples: { where: string; what: string }[] }>();
  /** For each id that records have of their own, the first with it. */
  private readonly owners = new Map<string, { readonly where: string; readonly content: PromptAndAnswer }>();

  /** `content` is what was read from the record. */
  look(record: DataRecord, form: RecordForm, location: RecordLocation, content: PromptAndAnswer): void {
    const { value, numbers = [] } = record;
    const where = showLocation(location);
    const written = numbers.find(isBeyondDouble);
    if (written !== undefined) this.add('writtenNumber', where, written.text);
    const word = numbers.find(({ isWord }) => isWord);
    if (word !== undefined) this.add('notANumber', where, word.text);
    const lost = firstLost([...form.fields, ...(form.optional ?? [])].map((field) => fieldAt(value, field)));
    if (lost !== undefined) this.add('lostBackslash', where, `${lost.command} in ${lost.excerpt}`);
    this.compareIds(value, where, content);
  }

  /** In the order of {@link noteNames}. */
  all(): DataNote[] {
    return noteNames.flatMap((note) => {
      const noted = this.notes.get(note);
      return noted === undefined ? [] : [{ note, ...noted }];
    });
  }

  /** The same record twice is left to the filter for duplicates. */
  private compareIds(record: unknown, where: string, content: PromptAndAnswer): void {
    const key = ownId(record);
    if (key === undefined) return;
    const owner = this.owners.get(key);
    if (owner === undefined) this.owners.set(key, { where, content });
    else if (owner.content.prompt !== content.prompt || owner.content.answer !== content.answer)
      this.add('repeatedId', where, `${key}, as ${owner.where}, which is another problem`);
  }

  private add(note: NoteName, where: string, what: string): void {
    const noted = this.notes.get(note) ?? { found: 0, examples: [] };
    noted.found++;
    if (noted.examples.length < maxExamples) noted.examples.push({ where, what });
    this.notes.set(note, noted);
  }
}

/** The first id that a record has under one of {@link ownIdFields}, with the name of the field. */
function ownId(record: unknown): string | undefined {
  for (const field of ownIdFields) {
    const value = fieldAt(record, field);
    const id = typeof value === 'string' ? value : digitsOf(value);
    if (id !== undefined && id !== '') return `${field} ${id}`;
  }
  return undefined;
}

/** Deeper values are no texts of a problem. */
const maxDepth = 8;

function firstLost(values: readonly unknown[], depth = 0): LostBackslash | undefined {
  for (const value of values) {
    if (typeof value === 'string') {
      const lost = findLostBackslash(value);
      if (lost !== undefined) return lost;
    } else if (typeof value === 'object' && value !== null && depth < maxDepth) {
      const lost = firstLost(Object.values(value), depth + 1);
      if (lost !== undefined) return lost;
    }
  }
  return undefined;
}
