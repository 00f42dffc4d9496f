import { malformedFile } from './place.js';

/** The bytes of one record, and where they begin. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Line of the first byte, from 1. */
  readonly line: number;
  /** Bytes of the file before it. */
  readonly offset: number;
}

/** Cuts a JSON text into its records as the text arrives, looking at brackets, strings and line ends only, so that a fault inside one record leaves those before it right. */
export interface Splitter {
  push(chunk: Uint8Array): Piece[];
  /** What is left at the end of the file; throws ORZ_DATA_MALFORMED if the file was cut. `read` is the number of records so far. */
  end(read: number): Piece[];
}

export const createSplitter = (kind: 'array' | 'lines', file: string): Splitter =>
  kind === 'lines' ? new LineSplitter(file) : new ArraySplitter(file);

/** A record longer than this is a mistake, such as a file without line ends. */
const longestRecord = 16 * 2 ** 20;
const [newline, quote, backslash, comma, openList, closeList, openObject, closeObject] = [
  0x0a, 0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d,
];
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isBlank = (bytes: Uint8Array): boolean => bytes.every(isSpace);

/** Collects the bytes of a record that spans chunks. */
class Pending {
  private parts: Uint8Array[] = [];
  private length = 0;

  constructor(private readonly file: string) {}

  add(part: Uint8Array, line: number): void {
    this.length += part.length;
    if (this.length > longestRecord) {
      throw malformedFile(
        this.file,
        `has a record of more than ${longestRecord / 2 ** 20} MiB, which begins at line ${line}`,
        'Put each record on a line of its own, or write them as a JSON array.',
      );
    }
    this.parts.push(part);
  }

  take(): Uint8Array {
    const [first] = this.parts;
    const bytes = this.parts.length === 1 ? first! : joined(this.parts, this.length);
    this.parts = [];
    this.length = 0;
    return bytes;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

class LineSplitter implements Splitter {
  private readonly pending: Pending;
  private line = 1;
  private offset = 0;
  /** Where the present line began. */
  private start = 0;

  constructor(file: string) {
    this.pending = new Pending(file);
  }

  push(chunk: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let to = chunk.indexOf(newline); to >= 0; to = chunk.indexOf(newline, from)) {
      this.pending.add(chunk.subarray(from, to), this.line);
      pieces.push(...this.cut());
      this.line++;
      from = to + 1;
      this.start = this.offset + from;
    }
    this.pending.add(chunk.subarray(from), this.line);
    this.offset += chunk.length;
    return pieces;
  }

  end(): Piece[] {
    return this.cut();
  }

  private cut(): Piece[] {
    const bytes = this.pending.take();
    return isBlank(bytes) ? [] : [{ bytes, line: this.line, offset: this.start }];
  }
}

class ArraySplitter implements Splitter {
  private readonly pending: Pending;
  private state: 'before' | 'inside' | 'after' = 'before';
  private depth = 0;
  private inString = false;
  private escaped = false;
  private line = 1;
  private offset = 0;
  private start: { line: number; offset: number } | undefined;
  private entries = 0;

  constructor(private readonly file: string) {
    this.pending = new Pending(file);
  }

  push(chunk: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let i = this.skipString(chunk, 0); i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === newline) this.line++;
      if (this.state === 'inside') {
        if (this.start === undefined && !isSpace(byte))
          [this.start, from] = [{ line: this.line, offset: this.offset + i }, i];
        if (byte === quote) {
          this.inString = true;
          i = this.skipString(chunk, i + 1) - 1;
        } else if (this.endsEntry(byte)) {
          pieces.push(...this.cut(chunk.subarray(from, i), byte, this.offset + i));
          from = i + 1;
          if (byte === closeList) this.state = 'after';
        }
      } else if (this.state === 'before' && byte === openList) [this.state, from] = ['inside', i + 1];
      else if (!isSpace(byte)) throw this.outside(byte, this.offset + i);
    }
    if (this.start !== undefined) this.pending.add(chunk.subarray(from), this.start.line);
    this.offset += chunk.length;
    return pieces;
  }

  end(read: number): Piece[] {
    if (this.state !== 'inside') return [];
    throw malformedFile(
      this.file,
      this.start === undefined
        ? `ends after record ${read}, before the array is closed`
        : `ends inside record ${read + 1}, which begins at line ${this.start.line}, byte ${this.start.offset + 1}`,
      'The file is cut short: fetch it again.',
    );
  }

  /** Most of a text is strings, so these are passed in a loop of their own: the position behind the one that is open, or the end of the chunk. */
  private skipString(chunk: Uint8Array, from: number): number {
    let { inString, escaped } = this;
    let i = from;
    for (; inString && i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) inString = false;
    }
    [this.inString, this.escaped] = [inString, escaped];
    return i;
  }

  /** Whether this byte, outside strings, ends an entry. */
  private endsEntry(byte: number): boolean {
    if (this.depth === 0 && (byte === comma || byte === closeList)) return true;
    if (byte === openList || byte === openObject) this.depth++;
    // A closing bracket too many is left to the parser, which says where it is.
    else if (byte === closeList || byte === closeObject) this.depth = Math.max(0, this.depth - 1);
    return false;
  }

  private cut(last: Uint8Array, byte: number, at: number): Piece[] {
    this.pending.add(last, this.start?.line ?? this.line);
    const bytes = this.pending.take();
    // An array of nothing has no entry; elsewhere a missing entry is a fault that parsing reports.
    if (byte === closeList && this.entries === 0 && isBlank(bytes)) return [];
    this.entries++;
    const piece = { bytes, line: this.start?.line ?? this.line, offset: this.start?.offset ?? at };
    this.start = undefined;
    return [piece];
  }

  private outside(byte: number, at: number): ReturnType<typeof malformedFile> {
    const place = `line ${this.line}, byte ${at + 1}`;
    return this.state === 'before'
      ? malformedFile(
          this.file,
          `begins with ${JSON.stringify(String.fromCharCode(byte))}, at ${place}`,
          'Give a JSON array of records, or one JSON record per line (JSONL).',
        )
      : malformedFile(
          this.file,
          `goes on after the end of the array, at ${place}`,
          'Remove what follows the closing bracket, or name the file .jsonl if each line is a record.',
        );
  }
}
