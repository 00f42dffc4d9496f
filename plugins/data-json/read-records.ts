import { readFile } from 'node:fs/promises';
import { OrzError } from '../../core/errors.js';
import { splitArray } from './split-array.js';

/** One parsed record of a file. */
export interface JsonRecord {
  readonly value: unknown;
  /** Its place in the file, from 1; empty lines do not count. */
  readonly number: number;
}

/**
 * The records of a file: the entries of a JSON array, or the lines of a JSONL file (named so, or beginning with an object). Throws
 * ORZ_STORAGE if the file cannot be read, ORZ_DATA_EMPTY if it holds no record, and ORZ_DATA_MALFORMED, with the place, if it is not UTF-8 or not JSON.
 */
export async function readRecords(path: string): Promise<JsonRecord[]> {
  const text = decodeUtf8(await readBytes(path), path);
  const lines = /\.(jsonl|ndjson)$/i.test(path) || /^\s*\{/.test(text);
  const records = lines ? parseLines(text, path) : parseArray(text, path);
  if (records.length > 0) return records;
  throw new OrzError('ORZ_DATA_EMPTY', `${path} holds no problem`, { value: path, origin: 'data', remedy: 'Give a file with problems.' });
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new OrzError('ORZ_STORAGE', `Cannot read ${path}: ${(cause as Error).message}`, { value: path, origin: 'data', cause, remedy: 'Give a file that you may read.' });
  }
}

function decodeUtf8(bytes: Buffer, path: string): string {
  const text = bytes.toString('utf8');
  const again = Buffer.from(text);
  if (!bytes.equals(again)) {
    // What cannot be decoded became U+FFFD, which is written with other bytes.
    const wrong = bytes.findIndex((byte, i) => byte !== again[i]);
    throw malformedFile(path, `is not UTF-8: byte ${wrong + 1} is ${bytes[wrong]}`, 'Save it as UTF-8.');
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function parseLines(text: string, path: string): JsonRecord[] {
  const records: JsonRecord[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    if (line.trim() !== '') records.push({ value: parsePart(line, { path, text, start, number: records.length + 1 }), number: records.length + 1 });
    start += line.length + 1;
  }
  return records;
}

function parseArray(text: string, path: string): JsonRecord[] {
  if (text.trim() === '') return [];
  if (!/^\s*\[/.test(text)) throw malformedFile(path, `begins with ${JSON.stringify(text.trim().slice(0, 20))}`, 'Give a JSON array of records, or one JSON object per line (JSONL).');
  try {
    return (JSON.parse(text) as unknown[]).map((value, i) => ({ value, number: i + 1 }));
  } catch (cause) {
    throw locateError(text, path, cause);
  }
}

/** The parser of Node often does not say where it stopped; parsing record by record does. */
function locateError(text: string, path: string, cause: unknown): OrzError {
  const { parts, end, closed } = splitArray(text);
  for (const [i, { start, stop }] of parts.entries()) {
    if (stop === undefined) return malformedFile(path, `ends inside record ${i + 1}, which begins at ${placeOf(text, start)}`, 'The file is cut short: fetch it again.', cause);
    try {
      parsePart(text.slice(start, stop), { path, text, start, number: i + 1 });
    } catch (error) {
      return error as OrzError;
    }
  }
  return closed
    ? malformedFile(path, `goes on after the end of the array, at ${placeOf(text, end)}`, 'Remove what follows the closing bracket, or name the file .jsonl if each line is a record.', cause)
    : malformedFile(path, `ends after record ${parts.length}, before the array is closed`, 'The file is cut short: fetch it again.', cause);
}

interface Part { readonly path: string; readonly text: string; readonly start: number; readonly number: number }

function parsePart(part: string, { path, text, start, number }: Part): unknown {
  try {
    return JSON.parse(part);
  } catch (cause) {
    const [, problem = '', position] = /^(.*?)(?: in JSON at position (\d+).*)?$/s.exec((cause as Error).message)!;
    // Without a position, the record's own beginning.
    const at = start + (position === undefined ? part.length - part.trimStart().length : Number(position));
    throw malformedFile(path, `record ${number} is not JSON, at ${placeOf(text, at)}: ${problem}`, 'Correct the record that is named.', cause);
  }
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position);
  return `line ${before.split('\n').length}, byte ${Buffer.byteLength(before) + 1}`;
}

function malformedFile(path: string, problem: string, remedy: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `${path} ${problem}`, { value: path, allowed: 'a JSON array of records, or one JSON object per line, in UTF-8', origin: 'data', remedy, ...(cause !== undefined && { cause }) });
}
