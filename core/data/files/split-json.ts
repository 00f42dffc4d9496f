import { joinBytes } from '../../arrays.js';
import type { OrzError } from '../../errors.js';
import type { TextPosition } from './text-position.js';
import { noArray, oversizedRecord, textAfterArray, truncatedArray } from './errors.js';

/** The bytes of one record, and where they begin. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Of the first byte. */
  readonly start: TextPosition;
  /** Bytes of the file before it. */
  readonly offset: number;
}

/**
 * Cuts a JSON text into its records as the text arrives, looking at brackets, strings and line ends only, so that a
 * fault inside one record does not affect those before it.
 */
export interface Splitter {
  push(chunk: Uint8Array): Piece[];
  /**
   * The records that are left at the end of the file; throws ORZ_DATA_MALFORMED if the file is truncated. `read` is the
   * number of records so far.
   */
  end(read: number): Piece[];
}

export const createSplitter = (kind: 'array' | 'lines', file: string): Splitter =>
  kind === 'lines' ? new LineSplitter(file) : new ArraySplitter(file);

/** A record longer than this is a mistake, such as a file without line ends. */
const maxRecordBytes = 16 * 2 ** 20;
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
    if (this.length > maxRecordBytes) throw oversizedRecord(this.file, maxRecordBytes, line);
    this.parts.push(part);
  }

  take(): Uint8Array {
    const [first, ...others] = this.parts;
    const bytes = first !== undefined && others.length === 0 ? first : joinBytes(this.parts);
    this.parts = [];
    this.length = 0;
    return bytes;
  }
}

class LineSplitter implements Splitter {
  private readonly pending: Pending;
  private line = 1;
  private offset = 0;
  /** Bytes of the file before the present line. */
  private offsetOfLine = 0;

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
      this.offsetOfLine = this.offset + from;
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
    return isBlank(bytes) ? [] : [{ bytes, start: { line: this.line, column: 1 }, offset: this.offsetOfLine }];
  }
}

/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over every byte of a file */

class ArraySplitter implements Splitter {
  private readonly pending: Pending;
  private state: 'before' | 'inside' | 'after' = 'before';
  private depth = 0;
  private inString = false;
  private escaped = false;
  private line = 1;
  private offset = 0;
  /** Bytes of the file before the present line. */
  private offsetOfLine = 0;
  private start: Pick<Piece, 'start' | 'offset'> | undefined;
  private entries = 0;

  constructor(private readonly file: string) {
    this.pending = new Pending(file);
  }

  push(chunk: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let i = this.skipString(chunk, 0); i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === newline) this.beginLine(this.offset + i + 1);
      if (this.state === 'inside') {
        if (this.start === undefined && !isSpace(byte)) {
          this.start = this.placeOf(this.offset + i);
          from = i;
        }
        if (byte === quote) {
          this.inString = true;
          i = this.skipString(chunk, i + 1) - 1;
        } else if (this.endsEntry(byte)) {
          pieces.push(...this.cut(chunk.subarray(from, i), byte, this.offset + i));
          from = i + 1;
          if (byte === closeList) this.state = 'after';
        }
      } else if (this.state === 'before' && byte === openList) {
        this.state = 'inside';
        from = i + 1;
      } else if (!isSpace(byte)) throw this.outside(byte, this.offset + i);
    }
    if (this.start !== undefined) this.pending.add(chunk.subarray(from), this.start.start.line);
    this.offset += chunk.length;
    return pieces;
  }

  end(read: number): Piece[] {
    if (this.state !== 'inside') return [];
    throw truncatedArray(this.file, read, this.start);
  }

  /**
   * The position behind the string that is open, or the end of the chunk. A loop of its own, because most of a text is
   * inside strings.
   */
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
    this.pending.add(last, this.start?.start.line ?? this.line);
    const bytes = this.pending.take();
    // An empty array has no entry; elsewhere a missing entry is a fault that parsing reports.
    if (byte === closeList && this.entries === 0 && isBlank(bytes)) return [];
    this.entries++;
    const piece = { bytes, ...(this.start ?? this.placeOf(at)) };
    this.start = undefined;
    return [piece];
  }

  private beginLine(offset: number): void {
    this.line++;
    this.offsetOfLine = offset;
  }

  private placeOf(offset: number): Pick<Piece, 'start' | 'offset'> {
    return { start: { line: this.line, column: offset - this.offsetOfLine + 1 }, offset };
  }

  /** The error for something else than white space before or after the array. */
  private outside(byte: number, at: number): OrzError {
    const position = `line ${this.line}, byte ${at + 1}`;
    return this.state === 'before'
      ? noArray(this.file, String.fromCharCode(byte), position)
      : textAfterArray(this.file, position);
  }
}
