import { list, type Expression, type List } from '../expression.js';
import { compareCollections, compareMatrices } from './collections.js';
import { any, canonicalKey, different, type Context, type Outcome } from './context.js';
import { isEquation, isName, tidyRelation } from './prepare.js';
import { compareAsSets } from './regions.js';
import { compareRelations, isTrueStatement } from './relations.js';
import { compareScalars } from './scalars.js';

/** Compares two answers of any kind. Gold's form decides how the prediction is read. */
export function compareValues(gold: Expression, prediction: Expression, context: Context): Outcome {
  context.budget.spend();
  const [g, p] = withoutLeftSides(tidyRelation(unwrapped(gold)), tidyRelation(unwrapped(prediction)), context);
  if (p === undefined) return different('false statement');
  if (g.kind === 'relation' && p.kind === 'relation') return compareRelations(g, p, compareValues, context);
  if (g.kind === 'relation' || p.kind === 'relation') return compareRelationWithSet(g, p, context);
  if (isCollection(g) || isCollection(p)) return compareCollections(g, p, compareValues, context);
  if (g.kind === 'matrix' || p.kind === 'matrix') return compareMatrices(g, p, compareValues, context);
  if (g.kind === 'text' || p.kind === 'text') return compareTexts(g, p, context);
  return compareScalars(g, p, context);
}

/** A bare list of one item, and braces around one value, are that value. */
function unwrapped(e: Expression): Expression {
  return e.kind === 'list' && e.items.length === 1 && (e.open === '' || e.open === '{') ? unwrapped(e.items[0]!) : e;
}

/**
 * 5 is answered by x = 5, and a gold of x = 5 by 5. A prediction whose left side is a number must be true.
 */
function withoutLeftSides(
  gold: Expression,
  prediction: Expression,
  context: Context,
): [Expression, Expression | undefined] {
  if (isEquation(prediction) && !isEquation(gold)) {
    if (!isTrueStatement(prediction, context)) return [gold, undefined];
    return [gold, tidyRelation(unwrapped(prediction.rest.at(-1)!.right))];
  }
  if (isEquation(gold) && gold.first.kind === 'list' && hasEquationItems(prediction)) {
    return [gold.rest.at(-1)!.right, inOrderOfNames(gold.first, prediction, context)];
  }
  if (isEquation(gold) && isName(gold.first) && prediction.kind !== 'relation' && !hasEquationItems(prediction)) {
    return [unwrapped(gold.rest.at(-1)!.right), prediction];
  }
  return [gold, prediction];
}

/** "y = 2, x = 1" as an answer to (x, y) = … is the pair (1, 2). */
function inOrderOfNames(names: List, equations: Expression, context: Context): Expression {
  if (equations.kind !== 'list') return equations;
  const values = new Map<string, Expression>();
  for (const item of equations.items)
    if (isEquation(item)) values.set(canonicalKey(item.first, context), item.rest.at(-1)!.right);
  const ordered = names.items.map((name) => values.get(canonicalKey(name, context)));
  return ordered.includes(undefined) || values.size !== ordered.length
    ? equations
    : list(ordered as Expression[], '(', ')');
}

function hasEquationItems(e: Expression): boolean {
  return e.kind === 'list' && e.items.some(isEquation);
}

function isCollection(e: Expression): boolean {
  return e.kind === 'list' || e.kind === 'setOperation' || (e.kind === 'symbol' && e.name === 'ℝR');
}

/** A gold inequality stands for its solution set; the other way round only if the settings say so. */
function compareRelationWithSet(gold: Expression, prediction: Expression, context: Context): Outcome {
  const allowed = gold.kind === 'relation' || context.settings.inequalityForSet;
  if (!allowed || !(isCollection(gold) || isCollection(prediction))) return different('relation');
  const readings = [compareAsSets(gold, prediction, context)];
  // "x > 1 and x < 2" arrives as a list; it may mean that both hold.
  const [g, p] = [bothHold(gold), bothHold(prediction)];
  if (g !== gold || p !== prediction) readings.push(compareAsSets(g, p, context));
  return any(readings, different('relation'));
}

function bothHold(e: Expression): Expression {
  if (
    e.kind !== 'list' ||
    e.open !== '' ||
    e.items.length < 2 ||
    !e.items.every((item) => item.kind === 'relation' && !isEquation(item))
  )
    return e;
  return e.items
    .slice(1)
    .reduce<Expression>((left, right) => ({ kind: 'setOperation', operator: '∩', left, right }), e.items[0]!);
}

function compareTexts(gold: Expression, prediction: Expression, context: Context): Outcome {
  return { equal: textOf(gold, context) === textOf(prediction, context), rule: 'text' };
}

function textOf(e: Expression, context: Context): string {
  const text =
    e.kind === 'text' ? e.text : canonicalKey(e.kind === 'list' ? e : list([e]), context).replace(/[‹›]/g, '');
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
