import { call, negated, product, sum, type Expression, type Product } from '../../expression.js';
import type { Grammar } from '../grammar.js';

interface Bounds {
  readonly lower: Expression | undefined;
  readonly upper: Expression | undefined;
}

/** Σ, Π, lim and ∫ with their bounds and what they run over. */
export function bigOperator(grammar: Grammar, operator: string): Expression {
  const bounds = parseBounds(grammar);
  if (operator === 'int') {
    grammar.cursor.integrals++;
    const value = integral(grammar, bounds);
    grammar.cursor.integrals--;
    return value;
  }
  const body = grammar.product();
  const named = runningVariable(bounds.lower, operator === 'lim' ? '→' : '=');
  return big(operator, named?.variable ?? '', { lower: named?.from ?? bounds.lower, upper: bounds.upper }, body);
}

function big(operator: string, variable: string, { lower, upper }: Bounds, body: Expression): Expression {
  return { kind: 'big', operator, variable, body, ...(lower && { lower }), ...(upper && { upper }) };
}

function parseBounds(grammar: Grammar): Bounds {
  let lower: Expression | undefined;
  let upper: Expression | undefined;
  for (;;) {
    if (grammar.cursor.accept('_')) lower = parseBound(grammar);
    else if (grammar.cursor.accept('^')) upper = grammar.group();
    else return { lower, upper };
  }
}

/** A lower bound; x → 0^+ comes from above. */
function parseBound(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if (!cursor.accept('{')) return grammar.group();
  const bound = grammar.list();
  const side = cursor.accept('^') ? cursor.next().text : '';
  cursor.expect('}');
  if (bound.kind !== 'relation' || side === '') return bound;
  const rest = bound.rest.map((step) => ({ ...step, right: call(side === '+' ? 'above' : 'below', step.right) }));
  return { ...bound, rest };
}

/** k = 1 or x → 0 under the sign: the variable and where it starts or goes. */
function runningVariable(
  lower: Expression | undefined,
  sign: string,
): { variable: string; from: Expression } | undefined {
  if (lower?.kind !== 'relation' || lower.rest.length !== 1) return undefined;
  const [step] = lower.rest;
  const name = lower.first.kind === 'symbol' || lower.first.kind === 'constant' ? lower.first.name : '';
  return step?.operator === sign && name !== '' ? { variable: name, from: step.right } : undefined;
}

/** Everything up to the differential; without one, the product behind the sign. */
function integral(grammar: Grammar, bounds: Bounds): Expression {
  const start = grammar.cursor.mark();
  const terms: Expression[] = [];
  for (let negative = false; ;) {
    const term = grammar.product();
    const split = splitDifferential(term);
    const value = split?.body ?? term;
    terms.push(negative ? negated(value) : value);
    if (split !== undefined) return big('int', split.variable, bounds, sum(terms));
    negative = grammar.cursor.isMark('-');
    if (!negative && !grammar.cursor.isMark('+')) break;
    grammar.cursor.next();
  }
  grammar.cursor.reset(start);
  return big('int', '', bounds, grammar.product());
}

/** dx/x as 1/x and x. */
function splitFraction(e: Product): { body: Expression; variable: string } | undefined {
  const [top, bottom, more] = e.factors;
  const split = top && bottom?.kind === 'power' && more === undefined ? splitDifferential(top) : undefined;
  return split && bottom && { body: product([split.body, bottom]), variable: split.variable };
}

/** x^2 dx as x^2 and x. */
function splitDifferential(e: Expression): { body: Expression; variable: string } | undefined {
  if (e.kind !== 'product') return undefined;
  const [d, variable] = e.factors.slice(-2);
  if (d?.kind !== 'symbol' || d.name !== 'd' || variable?.kind !== 'symbol') return splitFraction(e);
  const body = e.factors.slice(0, -2);
  return { body: body.length === 0 ? product([]) : product(body), variable: variable.name };
}
