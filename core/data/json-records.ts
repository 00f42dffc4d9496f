import { invalidJson, invalidUtf8 } from './errors.js';
import { createSplitter, type Piece } from './split-json.js';

/** One record of a file. */
export interface DataRecord {
  readonly value: unknown;
  /** Its position in the file, from 1; empty lines do not count. */
  readonly number: number;
  /** Line on which it begins, from 1; only in text files. */
  readonly line?: number;
}

/** Bytes of a file in order, in chunks of any size. */
export type Chunks = AsyncIterable<Uint8Array>;

/**
 * Records of a JSON text in batches, one batch per chunk, so that memory holds no more than a chunk and the longest
 * record: the entries of an array, or the lines of a JSONL file. Throws ORZ_DATA_MALFORMED with record, line and byte
 * for what is not UTF-8 or not JSON, for a record beyond 16 MiB, and for a truncated file.
 */
export async function* jsonRecords(
  chunks: Chunks,
  kind: 'array' | 'lines',
  file: string,
): AsyncGenerator<DataRecord[]> {
  const splitter = createSplitter(kind, file);
  let number = 0;
  const parse = (piece: Piece): DataRecord => ({ value: parsePiece(piece, ++number, file), number, line: piece.line });
  for await (const chunk of chunks) yield splitter.push(chunk).map(parse);
  yield splitter.end(number).map(parse);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

function parsePiece(piece: Piece, number: number, file: string): unknown {
  const text = decode(piece, number, file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = (cause as Error).message;
    const [, problem, position] = /^(.*?)(?: in JSON)? at position (\d+)/s.exec(message) ?? [];
    // The parser does not always say where it stopped; then the record's own beginning is shown.
    const at = position === undefined ? text.length - text.trimStart().length : Number(position);
    throw invalidJson(file, number, `${positionIn(piece, text.slice(0, at))}: ${problem ?? message}`, cause);
  }
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
  const line = piece.line + before.split('\n').length - 1;
  return `line ${line}, byte ${piece.offset + encoder.encode(before).length + 1}`;
}
