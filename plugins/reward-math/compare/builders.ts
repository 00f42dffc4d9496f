import type { Builder, Expression } from '../expression.js';
import { list, symbolNames } from '../expression.js';
import { every, type Context, type Outcome } from './context.js';
import { renameSymbols } from './equations.js';
import { withParameters } from './parameters.js';

/** Sets given by conditions that are no sets of reals: the same element and conditions, whatever the letter. */
export function compareBuilders(gold: Builder, prediction: Builder, context: Context): Outcome {
  const bound = (e: Expression): string[] => [...symbolNames(e)];
  const [from, to] = [bound(prediction.element), bound(gold.element)];
  const names = new Map(from.length === to.length ? from.map((name, k) => [name, to[k] ?? name]) : []);
  const [conditions, renamed] = withParameters(
    list(gold.conditions),
    list(prediction.conditions.map((condition) => renameSymbols(condition, names))),
    [],
  );
  return every(
    [context.compare(gold.element, renameSymbols(prediction.element, names)), context.compare(conditions, renamed)],
    'set builder',
  );
}
