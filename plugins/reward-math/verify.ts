import type { Verdict } from '../../core/contracts/data.js';
import { Budget, LimitReached } from './budget.js';
import { type Context, different, type Outcome } from './compare/context.js';
import { multiplyOut } from './compare/matrices.js';
import { contradictsItself, renameLike } from './compare/equations.js';
import { isMeaningless } from './compare/meaning.js';
import { expandPlusMinus, foldCase, variableI } from './compare/prepare.js';
import { withParameters } from './compare/parameters.js';
import { groupSystems } from './compare/systems.js';
import { traitsOf, type Traits } from './compare/traits.js';
import { compareValues } from './compare/values.js';
import { compareWords } from './compare/words.js';
import type { Expression } from './expression.js';
import { Canonicaliser } from './form/canonical.js';
import { keyOf } from './form/key.js';
import { parseAnswer, type ParsedAnswer } from './latex/parse-answer.js';
import type { MathRewardSettings } from './settings.js';

/** What the verifier found for one pair, and why. */
export interface Verification {
  readonly verdict: Extract<Verdict, 'correct' | 'wrong' | 'undecidable'>;
  /** The rule that decided; docs/reward.md explains the names. */
  readonly rule: string;
  /** Both answers in normal form, shortened. */
  readonly goldForm: string;
  readonly predictionForm: string;
}

/** Compares a gold answer with a predicted one, both bare LaTeX or text without box. Never throws for a text. */
export function verify(gold: string, prediction: string, settings: MathRewardSettings): Verification {
  if (gold.trim() === '' || prediction.trim() === '') {
    return result(
      gold.trim() === '' ? { equal: undefined, rule: 'empty gold' } : different('empty'),
      show(gold),
      show(prediction),
    );
  }
  const words = compareWords(gold, prediction);
  if (words !== undefined) return result(words, show(gold), show(prediction));
  if (gold.length > settings.maxLength || prediction.length > settings.maxLength)
    return tooLong(gold, prediction, settings);
  const budget = new Budget(settings.maxSteps);
  const context: Context = {
    settings,
    budget,
    canonicaliser: new Canonicaliser(budget, settings.maxDigits),
    compare: (g, p) => compareValues(g, p, context),
  };
  try {
    const options = { maxDepth: settings.maxDepth, lenient: true };
    const g = parseAnswer(gold, { ...options, lastOfChain: true }, budget);
    const p = sameText(gold, prediction, settings)
      ? g
      : parseAnswer(prediction, { ...options, lenient: settings.repairPrediction }, budget);
    if (g.tokens === '' && gold.trim() === prediction.trim())
      return result({ equal: true, rule: 'same text' }, show(gold), show(prediction));
    return compareParsed(g, p, context);
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return result({ equal: undefined, rule: `limit: ${error.limit}` }, show(gold), show(prediction));
  }
}

/** Whether the prediction is read exactly as gold is. */
function sameText(gold: string, prediction: string, settings: MathRewardSettings): boolean {
  return settings.repairPrediction && gold === prediction;
}

/** Beyond the length limit nothing is parsed; the same text is still the same answer. */
function tooLong(gold: string, prediction: string, settings: MathRewardSettings): Verification {
  const same = gold.trim() === prediction.trim();
  // A prediction that is too long for the limit cannot answer a gold that is not.
  const hopeless = gold.length <= settings.maxLength && prediction.length > settings.maxLength;
  return result(
    { equal: same ? true : hopeless ? false : undefined, rule: same ? 'same text' : 'limit: length' },
    show(gold),
    show(prediction),
  );
}

function compareParsed(gold: ParsedAnswer, prediction: ParsedAnswer, context: Context): Verification {
  const [g, p] = [gold.expression, prediction.expression];
  if (g === undefined || p === undefined) return compareUnread(gold, prediction);
  const qualifiers = [gold.qualifier, prediction.qualifier].filter((text) => text !== undefined);
  const traits = traitsOf(g, p);
  const [goldForm, predictionForm] = prepare([g, p], qualifiers, traits, context);
  const outcome =
    soundnessOf(goldForm, predictionForm, traits, context) ?? compareValues(goldForm, predictionForm, context);
  const settled =
    outcome.equal !== true && gold.tokens === prediction.tokens ? { equal: true, rule: 'same text' } : outcome;
  return result(settled, formOf(goldForm, context), formOf(predictionForm, context));
}

/** Kinds beside which a value can be missing. */
const hazards = ['power', 'list', 'matrix', 'setOperation', 'builder'] as const;

/** A prediction without a value, or one that contradicts itself, answers nothing; undefined for all others. */
function soundnessOf(
  gold: Expression,
  prediction: Expression,
  { kinds, names }: Traits,
  context: Context,
): Outcome | undefined {
  const hazardous = names.has('∞') || hazards.some((kind) => kinds.has(kind));
  if (hazardous && isMeaningless(prediction, context) && !isMeaningless(gold, context)) return different('not a value');
  return kinds.has('relation') && contradictsItself(prediction, context) ? different('false statement') : undefined;
}

/** Both answers, written out and with their names matched; each step only where there is something for it to do. */
function prepare(
  answers: readonly [Expression, Expression],
  qualifiers: readonly string[],
  { kinds, names }: Traits,
  context: Context,
): [Expression, Expression] {
  let pair: [Expression, Expression] = [...answers];
  const each = (change: (e: Expression) => Expression): void => {
    pair = [change(pair[0]), change(pair[1])];
  };
  if (kinds.has('symbol') || kinds.has('apply') || kinds.has('based')) {
    if (!context.settings.caseSensitive) pair = foldCase(...pair);
    pair = withParameters(...pair, qualifiers);
  }
  if (kinds.has('relation') && names.has('i')) pair = variableI(...pair);
  if (kinds.has('list')) each(groupSystems);
  if (kinds.has('plusMinus')) each(expandPlusMinus);
  if (kinds.has('matrix')) each(multiplyOut);
  return context.settings.strictVariables ? pair : [pair[0], renameLike(...pair)];
}

/** Where the grammar fails, only equal LaTeX tokens are equal: an unread prediction is wrong, unread gold in doubt. */
function compareUnread(gold: ParsedAnswer, prediction: ParsedAnswer): Verification {
  const same = gold.tokens !== '' && gold.tokens === prediction.tokens;
  const limit = gold.limit ?? prediction.limit;
  const rule = same
    ? 'same text'
    : limit !== undefined
      ? `limit: ${limit}`
      : gold.expression === undefined
        ? 'gold not read'
        : 'prediction not read';
  const wrong = limit === undefined && gold.expression !== undefined;
  return result({ equal: same ? true : wrong ? false : undefined, rule }, show(gold.tokens), show(prediction.tokens));
}

function formOf(e: Expression, context: Context): string {
  try {
    return show(keyOf(context.canonicaliser.canonical(e)));
  } catch (error) {
    if (error instanceof LimitReached) return show(keyOf(e));
    throw error;
  }
}

function show(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > 200 ? `${trimmed.slice(0, 197)}...` : trimmed;
}

function result(outcome: Outcome, goldForm: string, predictionForm: string): Verification {
  const verdict = outcome.equal === undefined ? 'undecidable' : outcome.equal ? 'correct' : 'wrong';
  return { verdict, rule: outcome.rule, goldForm, predictionForm };
}
