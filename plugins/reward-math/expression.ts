import { minusOne, integer, type Rational } from './numeric/rational.js';

/** An answer as the parser reads it. Subtraction and division are sums and products with -1 as factor or exponent. */
export type Expression =
  /** `decimal`: written with a decimal point, so it may be a rounded value. */
  | { readonly kind: 'number'; readonly value: Rational; readonly decimal: boolean }
  /** A numeral with a stated base, 204_5. */
  | { readonly kind: 'based'; readonly digits: string; readonly base: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'constant'; readonly name: ConstantName }
  | { readonly kind: 'sum'; readonly terms: readonly Expression[] }
  | { readonly kind: 'product'; readonly factors: readonly Expression[] }
  | { readonly kind: 'power'; readonly base: Expression; readonly exponent: Expression }
  /** A known function: sin, log, binom, … */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** A function known by name only: f(x). */
  | { readonly kind: 'apply'; readonly name: string; readonly args: readonly Expression[] }
  /** ± (sign 1) or ∓ (sign -1) before a value. */
  | { readonly kind: 'plusMinus'; readonly sign: 1 | -1; readonly value: Expression }
  /** Σ, Π, ∫, lim with whatever bounds were written. */
  | {
      readonly kind: 'big';
      readonly operator: string;
      readonly variable: string;
      readonly lower?: Expression;
      readonly upper?: Expression;
      readonly body: Expression;
    }
  | { readonly kind: 'matrix'; readonly rows: readonly (readonly Expression[])[] }
  /** Comma-separated items; `open` and `close` are empty for a bare list. */
  | {
      readonly kind: 'list';
      readonly open: Bracket;
      readonly close: Bracket;
      readonly items: readonly Expression[];
      /** The word or logical sign between the last two items, if there was one. */
      readonly joint?: Joint;
    }
  /** {x ∈ ℝ | x > 1, …}: the values of the element where all conditions hold. */
  | { readonly kind: 'builder'; readonly element: Expression; readonly conditions: readonly Expression[] }
  | {
      readonly kind: 'setOperation';
      readonly operator: '∪' | '∩' | '∖';
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'relation'; readonly first: Expression; readonly rest: readonly RelationStep[] }
  /** a:b or a:b:c, also a time of day. `time`: written as one. */
  | { readonly kind: 'ratio'; readonly parts: readonly Expression[]; readonly time: boolean }
  | { readonly kind: 'text'; readonly text: string }
  /** A value with the unit words that followed it. */
  | { readonly kind: 'unit'; readonly value: Expression; readonly unit: string };

export type ConstantName = 'π' | 'e' | 'i' | '∞';
export type Bracket = '' | '(' | ')' | '[' | ']' | '{' | '}';

export type Joint = 'and' | 'or' | '∧' | '∨';

export interface RelationStep {
  readonly operator: string;
  readonly right: Expression;
}

export type Relation = Extract<Expression, { kind: 'relation' }>;
export type List = Extract<Expression, { kind: 'list' }>;
export type Matrix = Extract<Expression, { kind: 'matrix' }>;
export type Builder = Extract<Expression, { kind: 'builder' }>;
export type Big = Extract<Expression, { kind: 'big' }>;
export type Call = Extract<Expression, { kind: 'call' }>;
export type Product = Extract<Expression, { kind: 'product' }>;

export function number(value: Rational, decimal = false): Expression {
  return { kind: 'number', value, decimal };
}

export function whole(value: number): Expression {
  return number(integer(value));
}

export function symbol(name: string): Expression {
  return { kind: 'symbol', name };
}

export function sum(terms: readonly Expression[]): Expression {
  const [only] = terms;
  return only !== undefined && terms.length === 1 ? only : { kind: 'sum', terms };
}

export function product(factors: readonly Expression[]): Expression {
  const [only] = factors;
  return only !== undefined && factors.length === 1 ? only : { kind: 'product', factors };
}

export function negated(value: Expression): Expression {
  return product([number(minusOne), value]);
}

export function difference(left: Expression, right: Expression): Expression {
  return sum([left, negated(right)]);
}

export function power(base: Expression, exponent: Expression): Expression {
  return { kind: 'power', base, exponent };
}

export function reciprocal(value: Expression): Expression {
  return power(value, number(minusOne));
}

export function call(name: string, ...args: readonly Expression[]): Expression {
  return { kind: 'call', name, args };
}

export function list(items: readonly Expression[], open: Bracket = '', close: Bracket = ''): List {
  return { kind: 'list', open, close, items };
}

/** The direct parts of an expression, in written order. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'sum':
      return expression.terms;
    case 'product':
      return expression.factors;
    case 'power':
      return [expression.base, expression.exponent];
    case 'call':
    case 'apply':
      return expression.args;
    case 'plusMinus':
    case 'unit':
      return [expression.value];
    case 'big':
      return [expression.lower, expression.upper, expression.body].filter((part) => part !== undefined);
    case 'matrix':
      return expression.rows.flat();
    case 'list':
      return expression.items;
    case 'builder':
      return [expression.element, ...expression.conditions];
    case 'setOperation':
      return [expression.left, expression.right];
    case 'relation':
      return [expression.first, ...expression.rest.map((step) => step.right)];
    case 'ratio':
      return expression.parts;
    default:
      return [];
  }
}

/** The same expression with each direct part replaced. */
export function mapChildren(expression: Expression, change: (part: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'sum':
      return { ...expression, terms: expression.terms.map(change) };
    case 'product':
      return { ...expression, factors: expression.factors.map(change) };
    case 'power':
      return power(change(expression.base), change(expression.exponent));
    case 'call':
    case 'apply':
      return { ...expression, args: expression.args.map(change) };
    case 'plusMinus':
    case 'unit':
      return { ...expression, value: change(expression.value) };
    case 'big':
      return mapBig(expression, change);
    case 'matrix':
      return { ...expression, rows: expression.rows.map((row) => row.map(change)) };
    case 'list':
      return { ...expression, items: expression.items.map(change) };
    case 'builder':
      return {
        kind: 'builder',
        element: change(expression.element),
        conditions: expression.conditions.map(change),
      };
    case 'setOperation':
      return { ...expression, left: change(expression.left), right: change(expression.right) };
    case 'relation':
      return {
        ...expression,
        first: change(expression.first),
        rest: expression.rest.map((step) => ({ ...step, right: change(step.right) })),
      };
    case 'ratio':
      return { ...expression, parts: expression.parts.map(change) };
    default:
      return expression;
  }
}

function mapBig(big: Big, change: (part: Expression) => Expression): Expression {
  return {
    kind: 'big',
    operator: big.operator,
    variable: big.variable,
    body: change(big.body),
    ...(big.lower && { lower: change(big.lower) }),
    ...(big.upper && { upper: change(big.upper) }),
  };
}

/** Whether the expression or any part of it satisfies the test. */
export function some(expression: Expression, test: (part: Expression) => boolean): boolean {
  return test(expression) || children(expression).some((part) => some(part, test));
}

/** Whether the value depends on a name: a free symbol, a function known by name, words. */
export function hasNames(e: Expression): boolean {
  if (e.kind === 'symbol' || e.kind === 'apply' || e.kind === 'text') return true;
  if (e.kind !== 'big' || e.variable === '') return children(e).some(hasNames);
  return symbolNames(e).size > 0 || some(e.body, (part) => part.kind === 'apply' || part.kind === 'text');
}

/** Both sides of a relation, and all those between. */
export function sidesOf(relation: Relation): readonly Expression[] {
  return [relation.first, ...relation.rest.map((step) => step.right)];
}

/** The last side of a relation. */
export function lastSide(relation: Relation): Expression {
  return relation.rest.at(-1)?.right ?? relation.first;
}

/** Names of all free symbols: those bound by Σ, ∫ and lim are not among them. */
export function symbolNames(expression: Expression, names = new Set<string>()): Set<string> {
  if (expression.kind === 'symbol') names.add(expression.name);
  if (expression.kind !== 'big' || expression.variable === '') {
    for (const part of children(expression)) symbolNames(part, names);
    return names;
  }
  for (const bound of [expression.lower, expression.upper]) if (bound) symbolNames(bound, names);
  for (const name of symbolNames(expression.body)) if (name !== expression.variable) names.add(name);
  return names;
}
