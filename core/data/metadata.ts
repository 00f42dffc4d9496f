import type { JsonValue } from '../contracts/data.js';
import { malformedRecord } from './errors.js';
import { fieldAt, type FieldPath } from './fields.js';
import type { RecordLocation } from './record-location.js';
import { digitsOf, WrittenNumber } from './files/written-number.js';

/**
 * The chosen fields of a record by their paths, as plain JSON; a field that the record does not have is left out. A
 * number that no double is, and a date, become text. Throws ORZ_DATA_MALFORMED for what JSON does not know.
 */
export function metadataOf(
  record: unknown,
  paths: readonly FieldPath[],
  location: RecordLocation,
): Readonly<Record<string, JsonValue>> {
  const found = paths.flatMap((field) => {
    const value = fieldAt(record, field);
    if (value === undefined) return [];
    const json = plain(value);
    if (json === undefined) throw malformedRecord(location, { field, value, expected: 'plain JSON' });
    return [[field, json] as const];
  });
  return Object.fromEntries(found);
}

function plain(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value instanceof WrittenNumber || typeof value === 'bigint') return digitsOf(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    const entries = value.map(plain);
    return entries.every((entry) => entry !== undefined) ? entries : undefined;
  }
  const entries = Object.entries(value).map(([key, entry]) => [key, plain(entry)] as const);
  return entries.every((entry): entry is [string, JsonValue] => entry[1] !== undefined)
    ? Object.fromEntries(entries)
    : undefined;
}
