import { LimitReached, type Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import { tokenize } from './lexer.js';
import { parseTokens, type ParserOptions } from './parser.js';
import { ParseFailure, tokensKey, type Token } from './tokens.js';

/** An answer text with all its readings. */
export interface ParsedAnswer {
  /** The tokens as one string; empty when not even tokens could be read. */
  readonly tokens: string;
  /** How the grammar reads it, if it can. */
  readonly expression?: Expression;
  /** Why it could not be read. */
  readonly failure?: string;
  /** The limit that stopped reading it. */
  readonly limit?: string;
}

/** Reads an answer. If the grammar fails on a chain of equations, its last part alone is tried. */
export function parseAnswer(text: string, options: ParserOptions, budget: Budget): ParsedAnswer {
  let tokens: Token[] = [];
  try {
    tokens = joinBasedDigits(tokenize(text, budget));
    return { tokens: tokensKey(tokens), expression: parseTokens(tokens, options, budget) };
  } catch (error) {
    const key = tokensKey(tokens);
    if (error instanceof LimitReached) return { tokens: key, limit: error.limit };
    if (!(error instanceof ParseFailure)) throw error;
    const expression = lastOfChain(tokens, options, budget);
    return expression === undefined ? { tokens: key, failure: error.message } : { tokens: key, expression };
  }
}

function lastOfChain(tokens: readonly Token[], options: ParserOptions, budget: Budget): Expression | undefined {
  const isMark = (token: Token, text: string): boolean => token.kind === 'mark' && token.text === text;
  if (tokens.some((token) => isMark(token, ',') || isMark(token, ';'))) return undefined;
  if (tokens.filter((token) => isMark(token, '=')).length < 2) return undefined;
  const last = tokens.findLastIndex((token) => isMark(token, '='));
  try {
    return parseTokens(tokens.slice(last + 1), options, budget);
  } catch (error) {
    if (error instanceof ParseFailure || error instanceof LimitReached) return undefined;
    throw error;
  }
}

/** 152A_{11}: a number and upper-case letters glued together before a numeric subscript are the digits of one numeral. */
function joinBasedDigits(tokens: readonly Token[]): Token[] {
  const result: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const end = basedEnd(tokens, at);
    const digits = tokens
      .slice(at, end)
      .map((token) => token.text)
      .join('');
    const base = end > at + 1 ? Number(tokens[end + (tokens[end + 1]?.text === '{' ? 2 : 1)]?.text) : Number.NaN;
    if (base > 10 && base <= 36) {
      result.push({ kind: 'letter', text: `${digits}_${base}`, space: tokens[at]!.space });
      at = end + (tokens[end + 1]?.text === '{' ? 3 : 1);
    } else result.push(tokens[at]!);
  }
  return result;
}

/** Index of the subscript mark behind a run of glued digits and letters that holds a digit and a letter; else `at`. */
function basedEnd(tokens: readonly Token[], at: number): number {
  let [end, numbers, letters] = [at, 0, 0];
  for (; end < tokens.length && end < at + 40; end++) {
    const token = tokens[end]!;
    if (end > at && token.space) return at;
    if (token.kind === 'number' && /^\d+$/.test(token.text)) numbers++;
    else if (token.kind === 'letter' && /^[A-Z]$/.test(token.text)) letters++;
    else break;
  }
  const mark = tokens[end];
  return numbers > 0 && letters > 0 && mark?.kind === 'mark' && mark.text === '_' ? end : at;
}
