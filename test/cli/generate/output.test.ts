import { expect, it } from 'vitest';
import { createTokenPrinter } from '../../../cli/generate/output.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { byteLevelDefinition } from '../../core/tokenizer/definitions.js';

const tokenizer = createTokenizer(byteLevelDefinition(), { endTokens: ['<|end|>'] });

function printed(tokens: Iterable<number>, stop: readonly string[] = []): string[] {
  const writes: string[] = [];
  const printer = createTokenPrinter(tokenizer, { stop, stopTokens: tokenizer.endTokens }, (text) => {
    writes.push(text);
  });
  for (const token of tokens) printer.push(token);
  printer.end();
  return writes;
}

it('characters of several tokens are written whole, each as soon as it is complete', () => {
  expect(printed(tokenizer.encode('é😀x'))).toEqual(['é', '😀', 'x']);
});

it('control characters cannot reach the terminal', () => {
  expect(printed(tokenizer.encode('\u001b[2Ja\u0007\n')).join('')).toBe(String.raw`\x1b[2Ja\x07` + '\n');
});

it('writing stops after the stop string, hides the end token, and shows half a character as such at the end', () => {
  expect(printed(tokenizer.encode('abcXYZ'), ['cX']).join('')).toBe('abcX');
  expect(printed([0x61, ...tokenizer.endTokens])).toEqual(['a']);
  expect(printed([0x61, 0xf0, 0x9f]).join('')).toBe('a\uFFFD');
});
