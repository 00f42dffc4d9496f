import { LimitReached, type Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import { joinBasedDigits } from './based-digits.js';
import type { ParserOptions } from './cursor.js';
import { tokenize } from './lexer.js';
import { parseTokens } from './parser.js';
import { withoutRemarks } from './remarks.js';
import { separators } from './tables/marks.js';
import { ParseFailure, tokensKey, type Token } from './tokens.js';

/** An answer text with all its readings. */
export interface ParsedAnswer {
  /** The LaTeX tokens as one string; empty when not even those could be read. */
  readonly tokens: string;
  /** How the grammar reads it, if it can. */
  readonly expression?: Expression;
  /** Whom or what it is said to be true for, as LaTeX tokens: "for all x". */
  readonly qualifier?: string;
  /** Why it could not be read. */
  readonly failure?: string;
  /** The limit that stopped reading it. */
  readonly limit?: string;
}

/** Reads an answer. If the grammar fails on a chain of equations, its last part alone is tried. */
export function parseAnswer(text: string, options: ParserOptions, budget: Budget): ParsedAnswer {
  let key = '';
  let tokens: readonly Token[] = [];
  try {
    const all = joinBasedDigits(tokenize(text, budget));
    key = tokensKey(all);
    const { answer, qualifier } = withoutRemarks(all);
    tokens = answer;
    const expression = parseTokens(answer, options, budget);
    return { tokens: key, expression, ...(qualifier.length > 0 && { qualifier: tokensKey(qualifier) }) };
  } catch (error) {
    if (error instanceof LimitReached) return { tokens: key, limit: error.limit };
    if (!(error instanceof ParseFailure)) throw error;
    const expression = lastOfChain(tokens, options, budget);
    return expression === undefined ? { tokens: key, failure: error.message } : { tokens: key, expression };
  }
}

function lastOfChain(tokens: readonly Token[], options: ParserOptions, budget: Budget): Expression | undefined {
  if (tokens.some((token) => token.kind === 'mark' && separators.has(token.text))) return undefined;
  const isEquals = (token: Token): boolean => token.kind === 'mark' && token.text === '=';
  if (tokens.filter(isEquals).length < 2) return undefined;
  try {
    return parseTokens(tokens.slice(tokens.findLastIndex(isEquals) + 1), options, budget);
  } catch (error) {
    if (error instanceof ParseFailure || error instanceof LimitReached) return undefined;
    throw error;
  }
}
