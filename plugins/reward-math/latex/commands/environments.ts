import { call, list, number, type Expression } from '../../expression.js';
import { integer } from '../../numeric/rational.js';
import type { Grammar } from '../grammar.js';
import { words } from '../tables/table.js';
import { ParseFailure } from '../tokens.js';

const matrices = words('matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array');
const systems = words('cases dcases rcases aligned align align* split gathered array');

/** \begin{…}: a matrix, a determinant, cases or a system of equations. */
export function environment(grammar: Grammar): Expression {
  const name = environmentName(grammar);
  if (name !== 'array' && systems.has(name)) return system(grammar);
  if (!matrices.has(name)) throw new ParseFailure(`unknown environment ${name}`);
  const rows = parseEnvironment(grammar, name);
  if (rows.some((row) => row.length !== rows[0]?.length)) throw new ParseFailure('ragged matrix');
  const value: Expression = { kind: 'matrix', rows };
  return name === 'vmatrix' ? call('det', value) : value;
}

/** A brace before an array or a system, which nothing need close; undefined if something else follows the brace. */
export function parseSystem(grammar: Grammar): Expression | undefined {
  const { cursor } = grammar;
  if (!cursor.isCommand('begin')) return undefined;
  const start = cursor.mark();
  cursor.next();
  const name = environmentName(grammar);
  if (!systems.has(name)) {
    cursor.reset(start);
    return undefined;
  }
  const value = system(grammar, name);
  cursor.accept('\\}');
  return value;
}

function environmentName({ cursor }: Grammar): string {
  cursor.expect('{');
  let name = '';
  while (!cursor.isMark('}')) name += cursor.next().text;
  cursor.next();
  return name;
}

function parseEnvironment(grammar: Grammar, name: string): Expression[][] {
  const { cursor } = grammar;
  if (name === 'array' && cursor.isMark('{'))
    while (cursor.next().text !== '}') {
      /* column layout */
    }
  const bars = cursor.bars;
  cursor.bars = 0;
  const rows = parseRows(grammar);
  cursor.bars = bars;
  cursor.next();
  environmentName(grammar);
  return rows;
}

function parseRows(grammar: Grammar): Expression[][] {
  const { cursor } = grammar;
  const rows: Expression[][] = [];
  let row: Expression[] = [];
  while (!cursor.isCommand('end')) {
    if (cursor.accept('\\\\')) {
      if (row.length > 0) rows.push(row);
      row = [];
    } else if (!cursor.accept('&') && !cursor.accept('.')) row.push(cell(grammar));
  }
  if (row.length > 0) rows.push(row);
  if (rows.length === 0) throw new ParseFailure('an empty matrix');
  return rows;
}

const otherwise = /^\s*(?:otherwise|else)[.,]?\s*$/i;

/** An entry; "otherwise" is a condition that always holds. */
function cell(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const before = cursor.mark();
  const word = cursor.peek();
  if (word?.kind === 'text' && otherwise.test(word.text)) {
    cursor.next();
    cursor.accept('.');
    return always;
  }
  const value = grammar.list();
  if (cursor.mark() === before) throw new ParseFailure('unfinished matrix');
  return value;
}

const zero = number(integer(0));
const always: Expression = { kind: 'relation', first: zero, rest: [{ operator: '=', right: zero }] };

/** Values with conditions are a function in pieces, relations alone a system. */
function system(grammar: Grammar, name = ''): Expression {
  const rows = parseEnvironment(grammar, name);
  const pieces = rows.map(pieceOf);
  if (pieces.every((piece) => piece !== undefined)) return call('cases', ...pieces.flat());
  const joined = rows.map(rowOf);
  if (joined.some((row) => row.kind !== 'relation')) throw new ParseFailure('cases without conditions');
  return { ...list(joined), joint: 'and' };
}

/** A value with its condition, in two cells or with a comma between; undefined for any other row. */
function pieceOf(row: readonly Expression[]): readonly Expression[] | undefined {
  const [first] = row;
  const cells = row.length === 1 && first?.kind === 'list' && first.open === '' ? first.items : row;
  const [value, condition, more] = cells;
  if (value === undefined || value.kind === 'relation' || more !== undefined) return undefined;
  return condition?.kind === 'relation' || condition?.kind === 'list' ? [value, condition] : undefined;
}

/** x &= 1: the & of an alignment says nothing. */
function rowOf(row: readonly Expression[]): Expression {
  const [left, right, more] = row;
  if (left === undefined || more !== undefined) throw new ParseFailure('ragged system');
  if (right === undefined) return left;
  return { kind: 'relation', first: left, rest: [{ operator: '=', right }] };
}
