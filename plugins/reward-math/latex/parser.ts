import type { Budget } from '../budget.js';
import {
  call,
  list,
  negated,
  product,
  reciprocal,
  sum,
  symbol,
  type Expression,
  type Joint,
  type List,
  type RelationStep,
} from '../expression.js';
import { parseBracket } from './brackets.js';
import { Cursor, type ParserOptions } from './cursor.js';
import { parseFactor, parseGroup, parsePrimary } from './factors.js';
import { fraction } from './fractions.js';
import type { Grammar } from './grammar.js';
import { grouped } from './grouping.js';
import { joined, joinMeasures } from './measures.js';
import { parseMixed } from './mixed-numbers.js';
import { relationMarks, separators } from './tables/marks.js';
import { words } from './tables/table.js';
import { ParseFailure, type Token } from './tokens.js';

/** Reads a whole answer; throws ParseFailure where the grammar does not know it, LimitReached where it is too deep. */
export function parseTokens(tokens: readonly Token[], options: ParserOptions, budget: Budget): Expression {
  const cursor = new Cursor(tokens, options, budget);
  const parser = new Parser(cursor);
  if (!parser.startsItem()) throw new ParseFailure('nothing to read');
  const result = parser.list();
  while (cursor.accept('.') || cursor.accept(',') || cursor.accept('\\\\')) {
    /* punctuation behind the answer */
  }
  const rest = cursor.peek();
  if (rest !== undefined) throw new ParseFailure(`unexpected ${rest.text}`);
  return result;
}

const closingMarks = words(String.raw`) ] } \} ⟩ & \\ ⌋ ⌉ . ¦`);
const listStarts = words(', ;');
const signMarks = words('+ - ± ∓');
const conclusions = words('= ≈ ⇒');
const openingMarks = words(String.raw`( [ { \{ ⌊ ⌈ ⟨`);

class Parser implements Grammar {
  constructor(readonly cursor: Cursor) {}

  list(): Expression {
    return this.cursor.deeper(() => {
      const groups: Expression[][] = [];
      let group: Expression[] = [];
      let commas = false;
      let joint: Joint | undefined;
      while (this.cursor.isOneOf(listStarts)) this.cursor.next();
      while (this.startsItem()) {
        group.push(this.relation());
        if (!this.cursor.isOneOf(separators)) break;
        for (const mark of this.separatorRun()) {
          if (mark === ';') {
            groups.push(group);
            group = [];
          } else commas = true;
          if (mark !== ',' && mark !== ';') joint = mark;
        }
      }
      const filled = [...groups, group].filter((items) => items.length > 0);
      if (!commas || filled.length === 1) return listOf(filled.flat(), joint);
      return list(filled.map((items) => (items.length === 1 ? listOf(items, undefined) : list(items, '(', ')'))));
    });
  }

  /** Separators in a row count once each, as in ", and". */
  private *separatorRun(): Generator<',' | ';' | Joint> {
    while (this.cursor.isOneOf(separators)) yield this.cursor.next().text as ',' | ';' | Joint;
  }

  startsItem(): boolean {
    const token = this.cursor.peek();
    if (token === undefined || (token.kind === 'command' && token.text === 'end')) return false;
    if (token.kind === 'mark' && (token.text === '|' || token.text === '‖' || token.text === '∣'))
      return this.cursor.bars === 0 || this.cursor.peek(1) !== undefined;
    return token.kind !== 'mark' || !closingMarks.has(token.text);
  }

  relation(): Expression {
    // "= 5" carries on from the question: only the value matters.
    if (this.cursor.isOneOf(conclusions)) this.cursor.next();
    const first = this.setExpression();
    const rest: RelationStep[] = [];
    while (this.startsRelation()) {
      const operator = this.cursor.next().text;
      const right = this.setExpression();
      rest.push({ operator, right: operator === '∈' ? numberSet(right) : right });
    }
    return rest.length === 0 ? first : { kind: 'relation', first, rest };
  }

  /** Inside bars, ∣ closes; elsewhere behind a value it says "divides". */
  private startsRelation(): boolean {
    return this.cursor.isOneOf(relationMarks) || (this.cursor.isMark('∣') && this.cursor.bars === 0);
  }

  private setExpression(): Expression {
    let left = this.ratio();
    for (;;) {
      const operator = (['∪', '∩', '∖'] as const).find((mark) => this.cursor.isMark(mark));
      if (operator === undefined) return left;
      this.cursor.next();
      const right = this.cursor.deeper(() => this.ratio());
      left = { kind: 'setOperation', operator, left, right };
    }
  }

  private ratio(): Expression {
    const start = this.cursor.mark();
    const parts = [this.over()];
    while (this.cursor.accept(':')) parts.push(this.over());
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    if (parts.some((part) => part.kind === 'list')) throw new ParseFailure('a ratio of lists');
    const end = this.cursor.mark();
    this.cursor.reset(start);
    const time = this.looksLikeTime(parts.length);
    this.cursor.reset(end);
    return { kind: 'ratio', parts, time };
  }

  /** 9:05 or 12:30:00, two digits behind each colon. */
  private looksLikeTime(count: number): boolean {
    for (let k = 0; k < count; k++) {
      const part = this.cursor.peek(2 * k);
      if (part?.kind !== 'number' || part.decimal) return false;
      if (k === 0 ? Number(part.text) > 24 : part.text.length !== 2 || Number(part.text) > 59) return false;
    }
    return count <= 3;
  }

  /** {7 \over 2} and {9 \choose 4}. */
  private over(): Expression {
    const top = this.sum();
    if (this.cursor.acceptCommand('over')) return fraction(top, this.sum());
    return this.cursor.acceptCommand('choose') ? call('binom', top, this.sum()) : top;
  }

  sum(): Expression {
    return this.cursor.deeper(() => {
      const terms: Expression[] = [];
      if (!this.startsSign()) terms.push(this.product());
      while (this.startsSign()) {
        const sign = this.cursor.next().text;
        const value = this.signedProduct();
        terms.push(signedBy(sign, value));
      }
      return terms.length === 1 ? sum(terms) : sum(terms.map(grouped));
    });
  }

  private startsSign(): boolean {
    return this.cursor.isOneOf(signMarks);
  }

  /** A term behind a sign may carry signs itself: 7 + -3, --7. */
  private signedProduct(): Expression {
    const negative = this.signs();
    const value = this.product();
    return negative ? negated(value) : value;
  }

  /** Skips plus and minus signs; whether they make what follows negative. */
  private signs(): boolean {
    let negative = false;
    while (this.cursor.isMark('-') || this.cursor.isMark('+'))
      negative = this.cursor.next().text === '-' ? !negative : negative;
    return negative;
  }

  /** A product with *, / or nothing between its factors. */
  product(): Expression {
    const factors = [parseMixed(this)];
    for (;;) {
      if (this.cursor.accept('*')) factors.push(this.signed());
      else if (this.cursor.accept('×')) factors.push(this.timesVector(factors));
      else if (this.cursor.accept('/')) factors.push(reciprocal(grouped(this.signed())));
      else if (this.startsRemainder()) return this.remainder(productOf(factors));
      else if (factors.at(-1)?.kind === 'unit' && this.cursor.peek()?.kind === 'number')
        factors.push(this.nextMeasure(factors));
      else if (this.startsFactor()) factors.push(this.neighbour(factors));
      else return productOf(factors);
    }
  }

  /** a × b of two vectors has an order, unlike the product of numbers. */
  private timesVector(factors: Expression[]): Expression {
    const right = this.signed();
    const left = factors.at(-1);
    if (left === undefined || !isVector(left) || !isVector(right)) return right;
    factors.pop();
    return call('cross', left, right);
  }

  private startsRemainder(): boolean {
    const bracket = this.cursor.isMark('(') ? 1 : 0;
    return this.cursor.isCommand('bmod', bracket) || this.cursor.isCommand('mod', bracket);
  }

  /** 17 \bmod 5, and n \equiv 1 (\bmod 3), which names a class of remainders. */
  private remainder(value: Expression): Expression {
    const bracket = this.cursor.accept('(');
    this.cursor.next();
    const modulus = this.signed();
    if (bracket) this.cursor.expect(')');
    return call(bracket ? 'pmod' : 'mod', value, modulus);
  }

  /** 2 hours 15 minutes: the second measure is added to the first. */
  private nextMeasure(factors: Expression[]): Expression {
    const whole = joined([...factors.splice(-1), this.factor()]);
    if (whole === undefined) throw new ParseFailure('words inside an expression');
    return whole;
  }

  /** A factor without a sign in front of it. */
  private neighbour(factors: readonly Expression[]): Expression {
    const left = factors.at(-1);
    if (this.cursor.peek()?.kind === 'number' && left?.kind === 'number')
      throw new ParseFailure('two numbers side by side');
    const value = this.factor();
    if (left?.kind === 'text' || left?.kind === 'unit') throw new ParseFailure('words inside an expression');
    return value;
  }

  signed(): Expression {
    const negative = this.signs();
    const value = this.factor();
    return negative ? negated(value) : value;
  }

  startsFactor(): boolean {
    const token = this.cursor.peek();
    if (token === undefined) return false;
    if (token.kind === 'command') return !['end', 'pmod', 'over', 'choose', 'bmod', 'mod'].includes(token.text);
    if (token.kind !== 'mark') return token.kind !== 'text' || token.text === '…';
    if (token.text === '|' || token.text === '‖') return this.cursor.bars === 0;
    return openingMarks.has(token.text);
  }

  factor(): Expression {
    return parseFactor(this);
  }

  primary(): Expression {
    return parsePrimary(this);
  }

  group(): Expression {
    return parseGroup(this);
  }

  bracket(): Expression {
    return parseBracket(this);
  }
}

function listOf(items: readonly Expression[], joint: Joint | undefined): Expression {
  const [only] = items;
  if (only !== undefined && items.length === 1) return only;
  const plain: List = joint === undefined ? list(items) : { ...list(items), joint };
  return joinMeasures(plain);
}

function signedBy(sign: string, value: Expression): Expression {
  if (sign === '-') return negated(grouped(value));
  return sign === '+' ? value : { kind: 'plusMinus', sign: sign === '±' ? 1 : -1, value };
}

function productOf(factors: readonly Expression[]): Expression {
  return factors.length === 1 ? product(factors) : product(factors.map(grouped));
}

/** x ∈ R means the real numbers, as x ∈ ℝ does. */
function numberSet(e: Expression): Expression {
  return e.kind === 'symbol' && /^[RZNQC]$/.test(e.name) ? symbol(`ℝ${e.name}`) : e;
}

function isVector(e: Expression): boolean {
  return e.kind === 'symbol' && /^(?:vec|overrightarrow) /.test(e.name);
}
