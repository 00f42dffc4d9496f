import { lastSide, list, some, type Expression, type List } from '../expression.js';
import { canonicalKey, different, every, type Context, type Outcome } from './context.js';
import { compareBuilders } from './builders.js';
import { asItems, isEquation, isName, tidyRelation } from './prepare.js';
import { compareAsSets } from './regions/compare-regions.js';

/** Lists, tuples, sets, intervals, unions. */
export function compareCollections(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (isInterval(gold) && isInterval(prediction) && !isUnbounded(gold) && !isUnbounded(prediction))
    return compareInterval(gold, prediction, context);
  if (needsRegions(gold) || needsRegions(prediction)) return compareRegions(gold, prediction, context);
  const [goldItems, predictionItems] = [asItems(gold), asItems(point(prediction, gold))];
  if (allNamed(goldItems) && allNamed(predictionItems))
    return unordered(withoutIndices(goldItems), withoutIndices(predictionItems), context);
  return compareLists(unnamed(goldItems), unnamed(predictionItems), context);
}

/** P(3, 4) names a point: where gold is a tuple, it is its coordinates. */
function point(e: Expression, gold: Expression): Expression {
  const named = e.kind === 'apply' && e.args.length > 1 && /^[a-eijk-z]$/i.test(e.name);
  return named && gold.kind === 'list' && gold.open === '(' ? list(e.args, '(', ')') : e;
}

/** Two values in round or square brackets: an interval or an ordered pair, which only the question could tell apart. */
function isInterval(e: Expression): e is List {
  return e.kind === 'list' && e.items.length === 2 && (e.open === '(' || e.open === '[');
}

function allNamed(items: List): boolean {
  return items.items.length > 0 && items.items.every((item) => isEquation(item) && isName(item.first));
}

/** x_1 = 2, x_2 = 3 numbers the solutions of one unknown: as a list it says x = 2, x = 3. */
function withoutIndices(items: List): List {
  const withoutIndex = (name: Expression): Expression =>
    name.kind === 'symbol' ? { ...name, name: name.name.replace(/_\d+$/, '') } : name;
  return {
    ...items,
    items: items.items.map((item) => (item.kind === 'relation' ? { ...item, first: withoutIndex(item.first) } : item)),
  };
}

/** Unions, half-open and unbounded intervals and the real line are sets of reals whatever else is around them. */
function needsRegions(e: Expression): boolean {
  if (e.kind === 'setOperation' || e.kind === 'builder') return true;
  if (e.kind === 'symbol') return e.name === 'ℝR';
  if (e.kind !== 'list') return false;
  if (e.joint === 'or' && e.items.some(needsRegions)) return true;
  return e.items.length === 2 && (isHalfOpen(e) || (isInterval(e) && isUnbounded(e)));
}

/** [1, 3): as a tuple it would have two kinds of brackets. */
function isHalfOpen(e: List): boolean {
  return (e.open === '(' && e.close === ']') || (e.open === '[' && e.close === ')');
}

function isUnbounded(e: List): boolean {
  return e.items.some((item) => some(item, (part) => part.kind === 'constant' && part.name === '∞'));
}

/** By membership if all ends are numbers, otherwise part by part as written. */
function compareRegions(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (canonicalKey(gold, context) === canonicalKey(prediction, context)) return { equal: true, rule: 'normal form' };
  const sets = compareAsSets(gold, prediction, context);
  if (sets.equal !== undefined) return sets;
  if (gold.kind === 'builder' && prediction.kind === 'builder') return compareBuilders(gold, prediction, context);
  const [g, p] = [unionParts(gold), unionParts(prediction)];
  if (g === undefined || p === undefined) return different('set');
  return matchAll(g, p, (a, b) => compareInterval(a, b, context), 'union');
}

function unionParts(e: Expression): readonly Expression[] | undefined {
  if (e.kind !== 'setOperation') return [e];
  if (e.operator !== '∪') return undefined;
  const [left, right] = [unionParts(e.left), unionParts(e.right)];
  return left && right && [...left, ...right];
}

function compareInterval(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (gold.kind !== 'list' || prediction.kind !== 'list')
    return { equal: canonicalKey(gold, context) === canonicalKey(prediction, context), rule: 'set' };
  if (gold.open !== prediction.open || gold.close !== prediction.close) return different('brackets');
  return inOrder(gold, prediction, context, gold.open === '(' && gold.close === ')' ? 'pair' : 'interval');
}

interface Unnamed {
  readonly items: List;
  /** The names that were dropped, if every item had another one: x = 1, y = 2. Then they say which is which. */
  readonly names: readonly string[] | undefined;
}

/** Drops the left sides of "x = 1, x = 2", of "x = 4, -8, -10" and of "x = 1, y = 2". */
function unnamed(items: List): Unnamed {
  const names: string[] = [];
  const values = items.items.map(tidyRelation).flatMap((item) => {
    if (!isEquation(item) || !isName(item.first)) return [item];
    names.push(nameOf(item.first));
    return elementsOf(lastSide(item));
  });
  return {
    items: { ...items, items: values.map(tidyRelation) },
    names: new Set(names).size > 1 ? names : undefined,
  };
}

function nameOf(e: Expression): string {
  return e.kind === 'symbol'
    ? e.name
    : JSON.stringify(e, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** x = {1, 2} among other items contributes its elements. */
function elementsOf(value: Expression): readonly Expression[] {
  return value.kind === 'list' && (value.open === '{' || value.open === '') ? value.items : [value];
}

/** "y = 3, x = 4" as an answer to a tuple without names: in the order of the alphabet, (4, 3). */
function inAlphabeticalOrder({ items, names }: Unnamed): List {
  if (names?.length !== items.items.length) return items;
  const pairs = items.items.map((item, k) => [names[k] ?? '', item] as const);
  return {
    ...items,
    items: pairs.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })).map(([, item]) => item),
  };
}

function compareLists(g: Unnamed, p: Unnamed, context: Context): Outcome {
  const [gold, prediction] = [g.items, p.items];
  const pair = gold.items.length === 2 || prediction.items.length === 2;
  if ((pair && isSquare(gold) !== isSquare(prediction)) || isLopsided(gold) !== isLopsided(prediction))
    return different('brackets');
  if (gold.items.length === 0 && gold.open !== prediction.open) return different('brackets');
  if (areDifferentJoints(gold, prediction)) return different('joint');
  if (g.names !== undefined) return inOrder(gold, prediction, context, 'tuple as written');
  if (!isOrdered(gold)) return unordered(gold, prediction, context);
  return inOrder(gold, inAlphabeticalOrder(p), context, isOrdered(prediction) ? 'tuple' : 'tuple as written');
}

/** ∧ and ∨ are logic, unlike the words, which lists use as they please; but a choice and a set are no tuples. */
function areDifferentJoints(gold: List, prediction: List): boolean {
  if (isOrdered(gold) && (prediction.joint === 'or' || prediction.open === '{')) return true;
  const logical = [gold.joint, prediction.joint].filter((joint) => joint === '∧' || joint === '∨');
  return logical.length > 0 && gold.joint !== prediction.joint;
}

function isOrdered(items: List): boolean {
  return items.open === '(' || items.open === '[';
}

function isSquare(items: List): boolean {
  return items.open === '[' && items.close === ']';
}

/** [1, 2, 3) is neither a tuple nor an interval. */
function isLopsided(items: List): boolean {
  return (items.open === '[' && items.close === ')') || (items.open === '(' && items.close === ']');
}

export function inOrder(gold: List, prediction: List, context: Context, rule: string): Outcome {
  if (gold.items.length !== prediction.items.length) return different('number of items');
  return every(
    gold.items.map((item, k) => context.compare(item, prediction.items[k] ?? item)),
    rule,
  );
}

/** As sets: order does not matter, and repeated items of a set or a bare list count once. */
function unordered(gold: List, prediction: List, context: Context): Outcome {
  const [g, p] = [distinct(gold, context), distinct(prediction, context)];
  return matchAll(g, p, (a, b) => context.compare(a, b), 'set');
}

function distinct(items: List, context: Context): readonly Expression[] {
  if (isOrdered(items)) return items.items;
  const seen = new Set<string>();
  return items.items.filter((item) => {
    const key = canonicalKey(item, context);
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}

/** Finds for every gold item a prediction of its own. */
function matchAll(
  gold: readonly Expression[],
  prediction: readonly Expression[],
  same: (g: Expression, p: Expression) => Outcome,
  rule: string,
): Outcome {
  if (gold.length !== prediction.length) return different('number of items');
  const left = [...prediction];
  const found = gold.map((item) => {
    let unknown: Outcome | undefined;
    for (const [k, candidate] of left.entries()) {
      const outcome = same(item, candidate);
      if (outcome.equal === true) {
        left.splice(k, 1);
        return outcome;
      }
      if (outcome.equal === undefined) unknown = outcome;
    }
    return unknown ?? different('item without partner');
  });
  return every(found, rule);
}

/** A matrix entry by entry. */
export function compareMatrices(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (gold.kind !== 'matrix' || prediction.kind !== 'matrix') return different('matrix');
  const shape = (rows: readonly (readonly Expression[])[]): string => rows.map((row) => row.length).join();
  if (shape(gold.rows) !== shape(prediction.rows)) return different('shape');
  return inOrder(list(gold.rows.flat()), list(prediction.rows.flat()), context, 'matrix');
}
