import { malformedRecord, notANumber } from './errors.js';
import type { RecordLocation } from './record-location.js';
import { digitsOf, WrittenNumber } from './files/written-number.js';

/**
 * A path into a record: `answer`, `prompt[0].content`, `reward_model.ground_truth`. Numbers in brackets also find the
 * key of that name.
 */
export type FieldPath = string;

/** A value with where it comes from, for messages. */
export interface FieldValue {
  readonly value: unknown;
  readonly field: FieldPath;
  readonly location: RecordLocation;
}

/**
 * The value at a path, undefined where there is none. A field whose whole name is the path comes first, so that names
 * with dots work.
 */
export function fieldAt(record: unknown, path: FieldPath): unknown {
  if (hasOwn(record, path)) return record[path];
  let value = record;
  for (const key of keysOf(path)) {
    if (!hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

const keysOf = (path: FieldPath): string[] => path.split(/[.[\]]+/).filter((key) => key !== '');

/** The top-level field that a path begins with: the column that a table must have. */
export const rootOf = (path: FieldPath): string => keysOf(path)[0] ?? path;

/** Own fields only: a path cannot reach what every object inherits. */
function hasOwn(value: unknown, key: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

/** A prompt: text that is not empty. */
export function promptAt(record: unknown, path: FieldPath, location: RecordLocation): string {
  const value = fieldAt(record, path);
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw malformedRecord(location, { field: path, value, expected: 'a text that is not empty' });
}

/**
 * A gold answer: text, or a number, which counts as its digits; null is the empty answer. Throws ORZ_DATA_MALFORMED for
 * anything else, with line and column of the words that Python writes for what is no number.
 */
export function answerAt(record: unknown, path: FieldPath, location: RecordLocation): string {
  const value = fieldAt(record, path);
  if (value === null) return '';
  if (typeof value === 'string') return value;
  const digits = digitsOf(value);
  if (digits !== undefined) return digits;
  if (value instanceof WrittenNumber || typeof value === 'number') throw notANumber(location, path, value);
  throw malformedRecord(location, { field: path, value, expected: 'a text, a number, or null for none' });
}

/** A list of texts or numbers, for example the options of a question. */
export function textsAt(record: unknown, path: FieldPath, location: RecordLocation): string[] {
  const value = fieldAt(record, path);
  const texts = Array.isArray(value) ? value.map((entry) => (typeof entry === 'string' ? entry : digitsOf(entry))) : [];
  if (texts.length > 0 && texts.every((text) => text !== undefined)) return texts;
  throw malformedRecord(location, { field: path, value, expected: 'a list of texts' });
}
