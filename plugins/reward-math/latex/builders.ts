import { list, type Expression } from '../expression.js';
import type { Grammar } from './grammar.js';
import { words } from './tables/table.js';
import { ParseFailure } from './tokens.js';

const openers = words(String.raw`( [ { \{ ⟨`);
const closers = words(String.raw`) ] } \} ⟩`);
/** Takes the place of the bar in a set builder, so that no rule reads it as an absolute value or a ratio. */
const divider = '¦';

/** {x ∈ ℝ | x > 1}, read behind the opening brace; undefined for any other set, with nothing consumed. */
export function parseBuilder(grammar: Grammar): Expression | undefined {
  const { cursor } = grammar;
  for (const at of dividers(grammar)) {
    const start = cursor.mark();
    const bar = cursor.peek(at);
    if (bar === undefined) continue;
    cursor.replace({ kind: 'mark', text: divider, space: bar.space }, at);
    const builder = tryBuilder(grammar);
    if (builder !== undefined) return builder;
    cursor.reset(start);
    cursor.replace(bar, at);
  }
  return undefined;
}

function tryBuilder(grammar: Grammar): Expression | undefined {
  const { cursor } = grammar;
  try {
    const element = grammar.list();
    cursor.expect(divider);
    const conditions = grammar.list();
    cursor.expect('\\}');
    return builderOf(element, conditions);
  } catch (error) {
    if (error instanceof ParseFailure) return undefined;
    throw error;
  }
}

/** "x ∈ ℝ" in front of the bar is x, with a condition. */
function builderOf(element: Expression, conditions: Expression): Expression {
  const all =
    conditions.kind === 'list' && conditions.open === '' && conditions.joint !== 'or' ? conditions.items : [conditions];
  if (element.kind !== 'relation') return { kind: 'builder', element, conditions: all };
  return { kind: 'builder', element: element.first, conditions: [element, ...all] };
}

/** How far ahead the marks are that may divide the set that has just been opened. */
function dividers({ cursor }: Grammar): readonly number[] {
  const found: number[] = [];
  let [depth, letters] = [0, false];
  for (let at = 0; ; at++) {
    const token = cursor.peek(at);
    if (token === undefined) return [];
    if (token.kind === 'letter') letters = true;
    if (token.kind !== 'mark') continue;
    if (openers.has(token.text)) depth++;
    if (closers.has(token.text) && --depth < 0) return found;
    const divides = token.text === '∣' || token.text === '|' || token.text === ':';
    if (depth === 0 && at > 0 && letters && divides) found.push(at);
  }
}

export const emptySet = list([], '{', '}');
