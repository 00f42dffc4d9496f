import { LimitReached, type Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import { joinBasedDigits } from './based-digits.js';
import type { ParserOptions } from './cursor.js';
import { tokenize } from './lexer.js';
import { parseTokens } from './parser.js';
import { withoutRemarks } from './remarks.js';
import { ParseFailure, tokensKey } from './tokens.js';

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

/** Reads an answer; never throws for a text. */
export function parseAnswer(text: string, options: ParserOptions, budget: Budget): ParsedAnswer {
  let key = '';
  try {
    const all = joinBasedDigits(tokenize(text, budget));
    key = tokensKey(all);
    const { answer, qualifier } = withoutRemarks(all);
    const expression = parseTokens(answer, options, budget);
    return { tokens: key, expression, ...(qualifier.length > 0 && { qualifier: tokensKey(qualifier) }) };
  } catch (error) {
    if (error instanceof LimitReached) return { tokens: key, limit: error.limit };
    if (!(error instanceof ParseFailure)) throw error;
    const expression = options.lastOfChain === true ? lastOfChain(text, options, budget) : undefined;
    return expression === undefined ? { tokens: key, failure: error.message } : { tokens: key, expression };
  }
}

function lastOfChain(text: string, options: ParserOptions, budget: Budget): Expression | undefined {
  const last = text.lastIndexOf('=');
  if (last === text.indexOf('=') || /[,;]/.test(text)) return undefined;
  return parseAnswer(text.slice(last + 1), { ...options, lastOfChain: false }, budget).expression;
}
