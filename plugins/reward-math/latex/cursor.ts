import type { Budget } from '../budget.js';
import { LimitReached } from '../budget.js';
import { ParseFailure, type Token } from './tokens.js';

export interface ParserOptions {
  readonly maxDepth: number;
  /** Whether \frac12 and the like are repaired. */
  readonly lenient: boolean;
  /** Whether of a chain of equations that cannot be read the last part is tried alone; only for gold. */
  readonly lastOfChain?: boolean;
}

/** The parser's position in the LaTeX tokens, with the depth it has reached. */
export class Cursor {
  private at = 0;
  private depth = 0;
  private readonly tokens: Token[];
  /** A bracket passes about four nested rules. */
  private readonly maxDepth: number;
  readonly lenient: boolean;
  /** Open vertical bars: inside them a bar closes, elsewhere it opens. */
  bars = 0;
  /** Integrals around: inside them dx ends the integrand. */
  integrals = 0;

  constructor(
    tokens: readonly Token[],
    options: ParserOptions,
    private readonly budget: Budget,
  ) {
    this.tokens = [...tokens];
    this.maxDepth = 4 * options.maxDepth;
    this.lenient = options.lenient;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  next(): Token {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new ParseFailure('the answer ends too early');
    this.budget.spend();
    return token;
  }

  /** Skips tokens whose text does not matter. */
  skip(count: number): void {
    for (let k = 0; k < count; k++) this.next();
  }

  /** Position to return to after a trial. */
  mark(): number {
    return this.at;
  }

  reset(to: number): void {
    this.at = to;
  }

  isMark(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'mark' && token.text === text;
  }

  isOneOf(texts: ReadonlySet<string>, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'mark' && texts.has(token.text);
  }

  isCommand(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'command' && token.text === text;
  }

  /** Consumes the mark if it is next. */
  accept(text: string): boolean {
    if (!this.isMark(text)) return false;
    this.at++;
    return true;
  }

  acceptCommand(text: string): boolean {
    if (!this.isCommand(text)) return false;
    this.at++;
    return true;
  }

  expect(...texts: readonly string[]): string {
    const token = this.next();
    if (token.kind !== 'mark' || !texts.includes(token.text))
      throw new ParseFailure(`expected ${texts.join(' or ')}, found ${token.text}`);
    return token.text;
  }

  /** Replaces the token some positions ahead, as when \frac12 takes one digit of a number. */
  replace(token: Token, ahead = 0): void {
    this.tokens[this.at + ahead] = token;
  }

  /** Runs one nested step and refuses to go too deep, long before the stack would overflow. */
  deeper<T>(step: () => T): T {
    if (++this.depth > this.maxDepth) throw new LimitReached('depth');
    try {
      return step();
    } finally {
      this.depth--;
    }
  }

  atEnd(): boolean {
    return this.at >= this.tokens.length;
  }
}
