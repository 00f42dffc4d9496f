import { call, symbol, type Expression } from '../../expression.js';
import type { Grammar } from '../grammar.js';
import { words } from '../tables/table.js';
import { ParseFailure } from '../tokens.js';

/** \overline{z} and other marks over a value. Over several letters, their order counts. */
export function accent(grammar: Grammar, name: string): Expression {
  const letters = lettersInGroup(grammar);
  const inner = grammar.group();
  if (name === 'overline' || name === 'bar') {
    // A segment AB has no direction; digits abc and longer runs of letters do.
    if (letters === undefined || /^[A-Z]{2}$/.test(letters)) return call('conjugate', inner);
    return symbol(`overline ${letters}`);
  }
  if (letters !== undefined) return symbol(`${name === 'widehat' ? 'arc' : name} ${letters}`);
  return inner.kind === 'symbol' && name !== 'dot'
    ? symbol(`${name} ${inner.name}`)
    : { kind: 'apply', name, args: [inner] };
}

/** The letters and digits of the group that comes next, if it holds several and nothing else. */
function lettersInGroup({ cursor }: Grammar): string | undefined {
  if (!cursor.isMark('{')) return undefined;
  let text = '';
  let count = 0;
  for (let at = 1; ; at++) {
    const token = cursor.peek(at);
    if (cursor.isMark('}', at)) return count > 1 && !/^\d+$/.test(text) ? text : undefined;
    if (token?.kind !== 'letter' && token?.kind !== 'number') return undefined;
    text += token.text;
    count += token.kind === 'letter' ? 1 : token.text.length;
  }
}

/** \overset{\frown}{AB}: a mark set over letters. */
export function stacked(grammar: Grammar): Expression {
  const over = grammar.group();
  if (over.kind !== 'symbol') throw new ParseFailure('something set over a value');
  return accent(grammar, over.name === 'frown' ? 'arc' : over.name);
}

const points = words('A B C D E F G H I J K L M N O P Q R S T U V W X Y Z');

/** ∠ABC, which is ∠CBA too; ∠A is the angle A. */
export function angle({ cursor }: Grammar): Expression {
  const braced = cursor.accept('{');
  let name = '';
  for (let token = cursor.peek(); token?.kind === 'letter' && points.has(token.text); token = cursor.peek())
    name += cursor.next().text;
  if (braced) cursor.expect('}');
  if (name.length < 2) {
    const token = name === '' ? cursor.next() : undefined;
    return symbol(token === undefined ? name : `∠${token.text}`);
  }
  const reversed = [...name].reverse().join('');
  return symbol(`∠${name < reversed ? name : reversed}`);
}
