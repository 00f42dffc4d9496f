import type { Tokenizer } from '../contracts/tokenizer.js';
import { IncrementalDecoder } from './incremental-decoder.js';

/**
 * Texts of single tokens, for display: joined they are `tokenizer.decode` of all tokens. A character that takes several
 * tokens is given to the last of them, the others get an empty text. Most tokens have the same text in any context, so
 * each is decoded once; where that does not give the whole text, the tokens are decoded one after another.
 */
export function createTokenTexts(tokenizer: Tokenizer): (tokens: ArrayLike<number>) => string[] {
  const known = new Map<number, string>();
  const alone = (token: number): string => {
    let text = known.get(token);
    if (text === undefined) known.set(token, (text = tokenizer.decode([token])));
    return text;
  };
  return (tokens) => {
    const texts = Array.from(tokens, alone);
    return texts.join('') === tokenizer.decode(tokens) ? texts : inContext(tokenizer, tokens);
  };
}

function inContext(tokenizer: Tokenizer, tokens: ArrayLike<number>): string[] {
  const decoder = new IncrementalDecoder(tokenizer);
  const texts = Array.from(tokens, (token) => decoder.push(token));
  if (texts.length > 0) texts[texts.length - 1] += decoder.finish();
  return texts;
}
