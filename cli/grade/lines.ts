import { lineTooLong, utf16Input } from './errors.js';
import type { OrzError } from '../../core/errors.js';
import { isUtf16 } from '../../core/text-encoding.js';

/** A line of the input that is not blank: its text, or why it could not be read. */
export interface InputLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly problem?: OrzError;
}

export interface LineOptions {
  /** Name of the input in messages. */
  readonly origin: string;
  /** Told how many bytes have been read. */
  readonly onBytes?: (bytes: number) => void;
  /** Longest line in characters; a longer one is skipped and reported. */
  readonly maxLength?: number;
}

const defaultMaxLength = 1 << 26;

/**
 * The lines of UTF-8 text that are not blank. Only line feeds end a line, with or without a carriage return: other
 * separators of Unicode may stand inside a JSON text. A byte-order mark is skipped; UTF-16 throws ORZ_DATA_MALFORMED.
 */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, options: LineOptions): AsyncGenerator<InputLine> {
  const { origin, onBytes, maxLength = defaultMaxLength } = options;
  const decoder = new TextDecoder();
  let done = 0;
  let number = 0;
  let pending: string[] = [];
  let length = 0;
  const take = (piece: string): void => {
    length += piece.length;
    if (length <= maxLength) pending.push(piece);
    else pending = [];
  };
  const finish = (): InputLine => {
    const text = pending.join('');
    const tooLong = length > maxLength;
    [pending, length] = [[], 0];
    return { number: ++number, text, ...(tooLong && { problem: lineTooLong(maxLength) }) };
  };
  for await (const chunk of bytes) {
    if (done === 0 && isUtf16(chunk)) throw utf16Input(origin);
    done += chunk.length;
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    take(first);
    for (const piece of rest) {
      const line = finish();
      if (isWorthGrading(line)) yield line;
      take(piece);
    }
    onBytes?.(done);
  }
  take(decoder.decode());
  const last = finish();
  if (isWorthGrading(last)) yield last;
}

const isWorthGrading = ({ text, problem }: InputLine): boolean => problem !== undefined || text.trim() !== '';
