import { list, some, type Expression, type List, type Relation } from '../expression.js';
import { any, canonicalKey, different, every, type Compare, type Context, type Outcome } from './context.js';
import { asItems, isEquation, isName, tidyRelation } from './prepare.js';
import { compareAsSets } from './regions.js';

/** Lists, tuples, sets, intervals, unions; `compareValues` compares the items. */
export function compareCollections(
  gold: Expression,
  prediction: Expression,
  compareValues: Compare,
  context: Context,
): Outcome {
  if (isInterval(gold) && isInterval(prediction) && !isUnbounded(gold) && !isUnbounded(prediction))
    return compareInterval(gold, prediction, compareValues, context);
  if (needsRegions(gold) || needsRegions(prediction)) return compareRegions(gold, prediction, compareValues, context);
  const [goldItems, predictionItems] = [asItems(gold), asItems(prediction)];
  if (allNamed(goldItems) && allNamed(predictionItems)) {
    return unordered(withoutIndices(goldItems), withoutIndices(predictionItems), compareValues, context);
  }
  return compareLists(unnamed(goldItems), unnamed(predictionItems), compareValues, context);
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
  return {
    ...items,
    items: items.items.map((item) => (item.kind === 'relation' ? { ...item, first: withoutIndex(item.first) } : item)),
  };
}

function withoutIndex(name: Expression): Expression {
  return name.kind === 'symbol' ? { ...name, name: name.name.replace(/_\d+$/, '') } : name;
}

/** Unions, half-open and unbounded intervals and the real line are sets of reals whatever else is around them. */
function needsRegions(e: Expression): boolean {
  if (e.kind === 'setOperation') return true;
  if (e.kind === 'symbol') return e.name === 'ℝR';
  if (e.kind !== 'list' || e.items.length !== 2) return false;
  const halfOpen = (e.open === '(' && e.close === ']') || (e.open === '[' && e.close === ')');
  return halfOpen || (isInterval(e) && isUnbounded(e));
}

function isUnbounded(e: List): boolean {
  return e.items.some((item) => some(item, (part) => part.kind === 'constant' && part.name === '∞'));
}

/** By membership if all ends are numbers, otherwise part by part as written. */
function compareRegions(gold: Expression, prediction: Expression, compareValues: Compare, context: Context): Outcome {
  if (canonicalKey(gold, context) === canonicalKey(prediction, context)) return { equal: true, rule: 'normal form' };
  const sets = compareAsSets(gold, prediction, context);
  if (sets.equal !== undefined) return sets;
  const [g, p] = [unionParts(gold), unionParts(prediction)];
  if (g === undefined || p === undefined) return different('set');
  return matchAll(g, p, (a, b) => compareInterval(a, b, compareValues, context), 'union');
}

function unionParts(e: Expression): readonly Expression[] | undefined {
  if (e.kind !== 'setOperation') return [e];
  if (e.operator !== '∪') return undefined;
  const [left, right] = [unionParts(e.left), unionParts(e.right)];
  return left && right && [...left, ...right];
}

function compareInterval(gold: Expression, prediction: Expression, compareValues: Compare, context: Context): Outcome {
  if (gold.kind !== 'list' || prediction.kind !== 'list') {
    return { equal: canonicalKey(gold, context) === canonicalKey(prediction, context), rule: 'set' };
  }
  if (gold.open !== prediction.open || gold.close !== prediction.close) return different('brackets');
  return inOrder(
    gold,
    prediction,
    compareValues,
    context,
    gold.open === '(' && gold.close === ')' ? 'pair' : 'interval',
  );
}

interface Unnamed {
  readonly items: List;
  /** All items were equations with different names: x = 1, y = 2. Their order then says which is which. */
  readonly named: boolean;
}

/** Drops the left sides of "x = 1, x = 2", of "x = 4, -8, -10" and of "x = 1, y = 2". */
function unnamed(items: List): Unnamed {
  const names = items.items.map((item) => (isEquation(item) && isName(item.first) ? item.first : undefined));
  const given = names.filter((name) => name !== undefined);
  if (given.length === 0) return { items, named: false };
  const keys = new Set(
    given.map((name) =>
      JSON.stringify(name, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ),
  );
  const values = items.items.flatMap((item, k) =>
    names[k] ? spreadValue((item as Relation).rest.at(-1)!.right) : [item],
  );
  return { items: { ...items, items: values.map(tidyRelation) }, named: keys.size > 1 };
}

/** x = {1, 2} among other items contributes its elements. */
function spreadValue(value: Expression): readonly Expression[] {
  return value.kind === 'list' && (value.open === '{' || value.open === '') ? value.items : [value];
}

function compareLists(g: Unnamed, p: Unnamed, compareValues: Compare, context: Context): Outcome {
  const [gold, prediction] = [g.items, p.items];
  const [goldOrdered, predictionOrdered] = [g.named || isOrdered(gold), isOrdered(prediction)];
  const pair = gold.items.length === 2 || prediction.items.length === 2;
  if ((pair && isSquare(gold) !== isSquare(prediction)) || isLopsided(gold) !== isLopsided(prediction))
    return different('brackets');
  if (!goldOrdered) return unordered(gold, prediction, compareValues, context);
  const asWritten = inOrder(gold, prediction, compareValues, context, predictionOrdered ? 'tuple' : 'tuple as written');
  return asWritten;
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

function inOrder(gold: List, prediction: List, compareValues: Compare, context: Context, rule: string): Outcome {
  if (gold.items.length !== prediction.items.length) return different('number of items');
  return every(
    gold.items.map((item, k) => compareValues(item, prediction.items[k]!, context)),
    rule,
  );
}

/** As sets: repeated items count once, order does not matter. */
function unordered(gold: List, prediction: List, compareValues: Compare, context: Context): Outcome {
  const [g, p] = [distinct(gold.items, context), distinct(prediction.items, context)];
  return matchAll(g, p, (a, b) => compareValues(a, b, context), 'set');
}

function distinct(items: readonly Expression[], context: Context): Expression[] {
  const seen = new Set<string>();
  return items.filter((item) => {
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
    for (let k = 0; k < left.length; k++) {
      const outcome = same(item, left[k]!);
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
export function compareMatrices(
  gold: Expression,
  prediction: Expression,
  compareValues: Compare,
  context: Context,
): Outcome {
  if (gold.kind !== 'matrix' || prediction.kind !== 'matrix') return different('matrix');
  const shape = (rows: readonly (readonly Expression[])[]): string => `${rows.length}x${rows[0]!.length}`;
  if (shape(gold.rows) !== shape(prediction.rows)) return different('shape');
  return inOrder(list(gold.rows.flat()), list(prediction.rows.flat()), compareValues, context, 'matrix');
}

export function oneOf(outcomes: Iterable<Outcome>): Outcome {
  return any(outcomes, different('no reading fits'));
}
