import {
  hasNames,
  lastSide,
  list,
  some,
  symbolNames,
  type Expression,
  type List,
  type Relation,
} from '../expression.js';
import { compareCollections, compareMatrices } from './collections.js';
import { any, canonicalKey, different, type Context, type Outcome } from './context.js';
import { isEquation, isName, tidyRelation } from './prepare.js';
import { compareAsSets } from './regions/compare-regions.js';
import { compareRelations } from './relations.js';
import { matrixOfLists } from './systems.js';
import { compareScalars } from './scalars.js';

/** Compares two answers of any kind. Gold's form decides how the prediction is read. */
export function compareValues(gold: Expression, prediction: Expression, context: Context): Outcome {
  context.budget.spend();
  const [g, p] = withoutLeftSides(tidyRelation(unwrapped(gold)), tidyRelation(unwrapped(prediction)), context);
  if (g.kind === 'relation' && p.kind === 'relation') return compareRelations(g, p, context);
  if (isEquation(g) && hasEquationItems(p)) return compareCollections(g, p, context);
  if (g.kind === 'relation' || p.kind === 'relation') return compareRelationWithSet(g, p, context);
  if (g.kind === 'matrix' || p.kind === 'matrix')
    return compareMatrices(matrixOfLists(g, p), matrixOfLists(p, g), context);
  if (isCollection(g) || isCollection(p)) return compareCollections(g, p, context);
  if (g.kind === 'text' || p.kind === 'text') return compareTexts(g, p, context);
  return compareScalars(g, p, context);
}

/** A bare list of one item, and braces around one value, are that value; words behind a collection say nothing. */
function unwrapped(e: Expression): Expression {
  if (e.kind === 'unit' && (isCollection(e.value) || e.value.kind === 'matrix')) return unwrapped(e.value);
  if (e.kind !== 'list' || (e.open !== '' && e.open !== '{')) return e;
  const [only, more] = e.items;
  // {∅} is not ∅.
  const isSet = e.open === '{' && only?.kind === 'list' && only.open === '{';
  return only === undefined || more !== undefined || isSet ? e : unwrapped(only);
}

/** 5 is answered by x = 5, and a gold of x = 5 by 5. */
function withoutLeftSides(gold: Expression, prediction: Expression, context: Context): [Expression, Expression] {
  if (isEquation(prediction) && !isEquation(gold)) return [gold, valueOf(prediction)];
  if (!isEquation(gold)) return [gold, prediction];
  if (gold.first.kind === 'list' && hasEquationItems(prediction))
    return [lastSide(gold), inOrderOfNames(gold.first, prediction, context)];
  if (isName(gold.first) && prediction.kind !== 'relation' && !hasEquationItems(prediction))
    return [unwrapped(lastSide(gold)), prediction];
  return [gold, prediction];
}

/** The value that an equation gives to its left side; the equation itself if it gives none, as in x = 2x. */
function valueOf(e: Relation): Expression {
  const value = lastSide(e);
  const circular = e.first.kind === 'symbol' && symbolNames(value).has(e.first.name);
  // 2a = b and 5 = 2n solve nothing, while b = 2a does; and -x = 1 says that x is something else.
  if (circular || (!isName(e.first) && (hasNames(value) || isSolvable(e.first)))) return e;
  return tidyRelation(unwrapped(value));
}

/** A formula in one unknown, or one with sets in it, which has another value than what it is set equal to. */
function isSolvable(e: Expression): boolean {
  const sets = some(e, (part) => part.kind === 'setOperation' || part.kind === 'list');
  return (
    sets || (isMultiple(e) && hasNames(e)) || (symbolNames(e).size === 1 && !some(e, (part) => part.kind === 'apply'))
  );
}

/** -AB and 2x: a name with a factor. */
function isMultiple(e: Expression): boolean {
  return e.kind === 'product' && e.factors.some((factor) => factor.kind === 'number');
}

/** "y = 2, x = 1" as an answer to (x, y) = … is the pair (1, 2). */
function inOrderOfNames(names: List, equations: Expression, context: Context): Expression {
  if (equations.kind !== 'list') return equations;
  const values = new Map<string, Expression>();
  for (const item of equations.items)
    if (isEquation(item)) values.set(canonicalKey(item.first, context), lastSide(item));
  const ordered = names.items.flatMap((name) => values.get(canonicalKey(name, context)) ?? []);
  const complete = ordered.length === names.items.length && values.size === ordered.length;
  return complete ? list(ordered, '(', ')') : equations;
}

function hasEquationItems(e: Expression): boolean {
  return e.kind === 'list' && e.items.some(isEquation);
}

function isCollection(e: Expression): boolean {
  return ['list', 'setOperation', 'builder'].includes(e.kind) || (e.kind === 'symbol' && e.name === 'ℝR');
}

/** A gold inequality stands for its solution set; the other way round only if the settings say so. */
function compareRelationWithSet(gold: Expression, prediction: Expression, context: Context): Outcome {
  const allowed = gold.kind === 'relation' || gold.kind === 'builder' || context.settings.inequalityForSet;
  if (!allowed || !(isCollection(gold) || isCollection(prediction))) return different('relation');
  // An equation asks for its form: only solutions that are written out may answer it.
  if (isEquation(gold) && !(prediction.kind === 'list' && prediction.items.length > 0 && !isTuple(prediction)))
    return different('relation');
  return any([compareAsSets(gold, prediction, context)], different('relation'));
}

function isTuple(e: List): boolean {
  return e.open === '(' || e.open === '[';
}

function compareTexts(gold: Expression, prediction: Expression, context: Context): Outcome {
  const [g, p] = [textOf(gold, context), textOf(prediction, context)];
  return { equal: g !== '' && g === p, rule: 'text' };
}

/** Letters, digits and the marks that carry meaning: B+ is not B. */
function textOf(e: Expression, context: Context): string {
  const text = e.kind === 'text' ? e.text : canonicalKey(e, context);
  return text.toLowerCase().replace(/[^\p{L}\p{N}+\-*'!?^_/=<>∞]/gu, '');
}
