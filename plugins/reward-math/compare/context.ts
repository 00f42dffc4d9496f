import type { Budget } from '../budget.js';
import type { Expression } from '../expression.js';
import type { Canonicaliser } from '../form/canonical.js';
import { keyOf } from '../form/key.js';
import type { MathRewardSettings } from '../settings.js';

/** What a comparison found: equal, different, or neither could be shown; and the rule that decided. */
export interface Outcome {
  readonly equal: boolean | undefined;
  readonly rule: string;
}

/** What all comparisons of one pair share. */
export interface Context {
  readonly settings: MathRewardSettings;
  readonly budget: Budget;
  readonly canonicaliser: Canonicaliser;
  /** Compares parts of the answers, of any kind. Gold comes first: its form decides how the prediction is read. */
  readonly compare: (gold: Expression, prediction: Expression) => Outcome;
}

export function different(rule: string): Outcome {
  return { equal: false, rule };
}

export function canonicalKey(e: Expression, context: Context): string {
  return keyOf(context.canonicaliser.canonical(e));
}

/** All must be equal; the first that is not decides. */
export function every(outcomes: Iterable<Outcome>, rule: string): Outcome {
  let unknown: Outcome | undefined;
  let count = 0;
  for (const outcome of outcomes) {
    count++;
    if (outcome.equal === false) return { equal: false, rule: `${rule}: ${outcome.rule}` };
    if (outcome.equal === undefined) unknown = outcome;
  }
  if (unknown) return { equal: undefined, rule: `${rule}: ${unknown.rule}` };
  return { equal: true, rule: count === 0 ? `${rule}: empty` : rule };
}

/** The first that is equal decides; otherwise unknown wins over different. */
export function any(outcomes: Iterable<Outcome>, otherwise: Outcome): Outcome {
  let best = otherwise;
  for (const outcome of outcomes) {
    if (outcome.equal === true) return outcome;
    if (outcome.equal === undefined) best = outcome;
  }
  return best;
}
