import { invalidJson, invalidUtf8 } from './errors.js';
import { parseJson, type ExactValue } from './exact-json.js';
import { createSplitter, type Piece } from './split-json.js';
import type { WrittenNumber } from './written-number.js';

/** One record of a file. */
export interface DataRecord {
  readonly value: unknown;
  /** Its position in the file, from 1; empty lines do not count. */
  readonly number: number;
  /** Line on which it begins, from 1; only in text files. */
  readonly line?: number;
  /** The numbers in it that are kept as written, if there are any. */
  readonly numbers?: readonly WrittenNumber[];
}

/** Bytes of a file in order, in chunks of any size. */
export type Chunks = AsyncIterable<Uint8Array>;

/**
 * Records of a JSON text in batches, one batch per chunk, so that memory holds no more than a chunk and the longest
 * record: the entries of an array, or the lines of a JSONL file. Throws ORZ_DATA_MALFORMED with record and
 * position for what is not UTF-8 or not JSON, for a record beyond 16 MiB, and for a truncated file.
 */
export async function* jsonRecords(
  chunks: Chunks,
  kind: 'array' | 'lines',
  file: string,
): AsyncGenerator<DataRecord[]> {
  const splitter = createSplitter(kind, file);
  let number = 0;
  const parse = (piece: Piece): DataRecord => {
    const { value, numbers } = parsePiece(piece, ++number, file);
    return { value, number, line: piece.start.line, ...(numbers.length > 0 && { numbers }) };
  };
  for await (const chunk of chunks) yield splitter.push(chunk).map(parse);
  yield splitter.end(number).map(parse);
}

/** A byte order mark at the start of a record is left out: files joined by `cat` have them in the middle. */
const decoder = new TextDecoder('utf-8', { fatal: true });
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

function parsePiece(piece: Piece, number: number, file: string): ExactValue {
  const text = decode(piece, number, file);
  return parseJson(text, piece.start, (problem, at) => invalidJson(file, number, problem, at));
}

function decode(piece: Piece, number: number, file: string): string {
  try {
    return decoder.decode(piece.bytes);
  } catch {
    const again = encoder.encode(lenientDecoder.decode(piece.bytes));
    // What cannot be decoded became U+FFFD, which is written with other bytes.
    const wrong = piece.bytes.findIndex((byte, i) => byte !== again[i]);
    const before = lenientDecoder.decode(piece.bytes.subarray(0, wrong));
    throw invalidUtf8(file, number, `${positionIn(piece, before)}: the byte is ${piece.bytes[wrong]}`);
  }
}

/** Line and byte of the file, both from 1, behind the text `before` of a record. */
function positionIn(piece: Piece, before: string): string {
  const line = piece.start.line + before.split('\n').length - 1;
  return `line ${line}, byte ${piece.offset + encoder.encode(before).length + 1}`;
}
