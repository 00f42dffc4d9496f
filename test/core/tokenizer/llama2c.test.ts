import { describe, expect, it } from 'vitest';
import { llama2cTokenizer } from '../../../core/tokenizer/llama2c.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';

interface Entry {
  readonly content: string;
  readonly score: number;
}

/** A table with the 259 fixed entries and the given pieces behind them. */
function tableOf(pieces: readonly Entry[]): Uint8Array {
  const fixed = Array.from({ length: 259 }, (_, id): Entry => ({ content: `#${id}`, score: 0 }));
  const chunks = [...fixed, ...pieces].map(({ content, score }) => {
    const bytes = Buffer.from(content),
      head = Buffer.alloc(8);
    head.writeFloatLE(score);
    head.writeInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  });
  return new Uint8Array(Buffer.concat([Buffer.alloc(4), ...chunks]));
}

const pieces = [' ', 'a', 'b', 'ab', ' a', 'abb'].map((content, i) => ({
  content,
  score: [-9, -9, -9, -1, -2, -3][i]!,
}));
const tokenizer = createTokenizer(llama2cTokenizer(tableOf(pieces), 'tok265.bin'), { endTokens: [1] });
const id = (content: string): number => 259 + pieces.findIndex((piece) => piece.content === content);

describe('llama2cTokenizer', () => {
  it('merges the pair of the best score first, whatever comes first in the text', () => {
    expect([...tokenizer.encode('ab')]).toEqual([id(' '), id('ab')]);
    expect([...tokenizer.encode('abb')]).toEqual([id(' '), id('abb')]);
    expect([...tokenizer.encode('aa')]).toEqual([id(' a'), id('a')]);
  });

  it('encodes what it has no piece for as bytes, and decodes every text to itself', () => {
    expect([...tokenizer.encode('é')]).toEqual([id(' '), 0xc3 + 3, 0xa9 + 3]);
    for (const text of ['ab é b', '😀', 'a  b']) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it.each([
    ['truncated', (table: Uint8Array) => table.subarray(0, table.length - 1)],
    [
      'with a negative length',
      (table: Uint8Array) => {
        new DataView(table.buffer).setInt32(8, -1, true);
        return table;
      },
    ],
    [
      'with a length beyond its end',
      (table: Uint8Array) => {
        new DataView(table.buffer).setInt32(8, 2 ** 30, true);
        return table;
      },
    ],
    [
      'with a score that is no number',
      (table: Uint8Array) => {
        new DataView(table.buffer).setFloat32(4, NaN, true);
        return table;
      },
    ],
    ['without pieces', () => new Uint8Array(4)],
  ])('refuses a table that is %s', (_, damage) => {
    expect(() => llama2cTokenizer(damage(tableOf(pieces)), 'tok265.bin')).toThrow(
      expect.objectContaining({ code: 'ORZ_TOKENIZER', message: expect.stringContaining('tok265.bin') as string }),
    );
  });
});
