import type { OrzError } from '../../errors.js';
import type { TextPosition } from './text-position.js';
import { exactNumber, WrittenNumber } from './written-number.js';

/** A value with all its numbers that are kept as written, in order. */
export interface ExactValue {
  readonly value: unknown;
  readonly numbers: readonly WrittenNumber[];
}

/** Makes the error for a text that is not JSON; `problem` says what is wrong at the position. */
export type JsonFault = (problem: string, at: TextPosition) => OrzError;

/**
 * Whether a JSON text may hold what `JSON.parse` would refuse or change: a long number, one with an exponent or many
 * zeros, NaN or Infinity. Text inside strings is not told apart, so it may also be none.
 */
export const needsExactReading = (text: string): boolean => /[\d.]{16}|\d[eE]|0\.0{6}|NaN|Infinity/.test(text);

/** {@link parseExactly}, by the faster `JSON.parse` where that is the same. */
export function parseJson(text: string, start: TextPosition, fault: JsonFault): ExactValue {
  try {
    if (!needsExactReading(text)) return { value: JSON.parse(text), numbers: [] };
  } catch {
    // The exact reader says where the fault is.
  }
  return parseExactly(text, start, fault);
}

/**
 * Reads a JSON text as `JSON.parse` does, except that numbers that no double holds become {@link WrittenNumber}, that
 * NaN, Infinity and -Infinity are read, and that every fault has a position. Several times slower. `start` is the
 * position of the text in its file.
 */
export function parseExactly(text: string, start: TextPosition, fault: JsonFault): ExactValue {
  return new ExactReader(text, start, fault).read();
}

/** Nesting beyond it is a fault: no record is so deep, and the stack is finite. */
const maxDepth = 1000;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordPattern = /true|false|null|-?Infinity|NaN/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

class ExactReader {
  private at = 0;
  private depth = 0;
  private line: number;
  /** Index that column 1 of the present line has. */
  private lineStart: number;
  private readonly numbers: WrittenNumber[] = [];

  constructor(
    private readonly text: string,
    start: TextPosition,
    private readonly fault: JsonFault,
  ) {
    this.line = start.line;
    this.lineStart = 1 - start.column;
  }

  read(): ExactValue {
    const value = this.value();
    if (this.next() !== undefined) this.unexpected();
    return { value, numbers: this.numbers };
  }

  private value(): unknown {
    const character = this.next();
    if (character === '{') return this.nested(() => this.object());
    if (character === '[') return this.nested(() => this.list());
    if (character === '"') return this.string();
    const word = this.match(wordPattern);
    return word === undefined ? this.number() : this.word(word);
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > maxDepth) this.fail(`it is nested deeper than ${maxDepth} levels`);
    this.at++;
    const value = read();
    this.depth--;
    return value;
  }

  private object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.untilClosed('}', () => {
      if (this.next() !== '"') this.unexpected();
      const key = this.string();
      this.expect(':');
      entries.push([key, this.value()]);
    });
    return Object.fromEntries(entries);
  }

  private list(): unknown[] {
    const entries: unknown[] = [];
    this.untilClosed(']', () => entries.push(this.value()));
    return entries;
  }

  /** Reads entries between commas up to the closing bracket. */
  private untilClosed(bracket: string, entry: () => void): void {
    if (this.next() !== bracket) {
      entry();
      while (this.next() === ',') {
        this.at++;
        entry();
      }
    }
    this.expect(bracket);
  }

  private expect(character: string): void {
    if (this.next() !== character) this.unexpected();
    this.at++;
  }

  private string(): string {
    const from = this.at++;
    for (; this.text[this.at] !== '"'; this.at++) {
      const character = this.text[this.at];
      if (character === undefined) this.fail('the text ends inside a string');
      if (character < ' ') this.fail(`a string has the control character ${JSON.stringify(character)}, unescaped`);
      if (character === '\\') this.at += (this.match(escapePattern) ?? this.unknownEscape()).length - 1;
    }
    return JSON.parse(this.text.slice(from, ++this.at)) as string;
  }

  private word(word: string): boolean | null | WrittenNumber {
    const value = words[word] === undefined ? this.keep(new WrittenNumber(word, this.position())) : words[word];
    this.at += word.length;
    return value;
  }

  private number(): number | WrittenNumber {
    const written = this.match(numberPattern) ?? this.unexpected();
    const number = exactNumber(written, this.position());
    this.at += written.length;
    return number instanceof WrittenNumber ? this.keep(number) : number;
  }

  private keep(number: WrittenNumber): WrittenNumber {
    this.numbers.push(number);
    return number;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  /** The character behind white space, undefined at the end. */
  private next(): string | undefined {
    for (; /[ \t\r\n]/.test(this.text[this.at] ?? ''); this.at++)
      if (this.text[this.at] === '\n') [this.line, this.lineStart] = [this.line + 1, this.at + 1];
    return this.text[this.at];
  }

  private position(): TextPosition {
    return { line: this.line, column: this.at - this.lineStart + 1 };
  }

  private unexpected(): never {
    const character = this.next();
    return this.fail(character === undefined ? 'the text ends too early' : `unexpected ${JSON.stringify(character)}`);
  }

  private unknownEscape(): never {
    return this.fail(`JSON has no escape ${this.text.slice(this.at, this.at + 2)}`);
  }

  private fail(problem: string): never {
    throw this.fault(problem, this.position());
  }
}
