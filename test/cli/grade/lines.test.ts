import { describe, expect, it } from 'vitest';
import { readLines, type InputLine } from '../../../cli/grade/lines.js';

async function* bytes(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

async function linesOf(chunks: (string | Uint8Array)[], maxLength?: number): Promise<InputLine[]> {
  const found: InputLine[] = [];
  const options = { origin: 'in.jsonl', ...(maxLength !== undefined && { maxLength }) };
  for await (const line of readLines(bytes(...chunks), options)) found.push(line);
  return found;
}

const texts = async (...chunks: (string | Uint8Array)[]) => (await linesOf(chunks)).map(({ text }) => text.trim());

describe('the lines of an input', () => {
  it('end at line feeds, with or without carriage return, wherever the chunks end', async () => {
    expect(await texts('on', 'e\ntwo\r', '\nthree')).toEqual(['one', 'two', 'three']);
    expect(
      await texts(
        ...Buffer.from('ä\n€\n𝒙\n')
          .map((byte) => byte)
          .reduce<Uint8Array[]>((all, byte) => [...all, Uint8Array.of(byte)], []),
      ),
    ).toEqual(['ä', '€', '𝒙']);
  });

  it('keep their numbers when blank ones are left out', async () => {
    expect((await linesOf(['\n\na\n \nb'])).map(({ number }) => number)).toEqual([3, 5]);
  });

  it('do not end at separators that may stand inside a JSON text', async () => {
    expect(await texts('"a\u2028b\u2029c\u0085d"\n')).toEqual(['"a\u2028b\u2029c\u0085d"']);
  });

  it('begin behind a byte-order mark', async () => {
    expect(await texts(Uint8Array.of(0xef, 0xbb, 0xbf), '{}\n')).toEqual(['{}']);
  });

  it('of UTF-16 are refused with what to do', async () => {
    await expect(linesOf([Buffer.from('{}', 'utf16le')])).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
    await expect(linesOf([Buffer.from('\ufeff{}', 'utf16le')])).rejects.toMatchObject({
      code: 'ORZ_DATA_MALFORMED',
      message: expect.stringContaining('in.jsonl is UTF-16'),
    });
  });

  it('that are too long are reported, and those behind them read', async () => {
    const lines = await linesOf(['1234', '56', '78\nok\n'], 5);
    expect(lines.map(({ number, text, problem }) => [number, text, problem?.code])).toEqual([
      [1, '', 'ORZ_DATA_MALFORMED'],
      [2, 'ok', undefined],
    ]);
  });
});
