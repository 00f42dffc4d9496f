import { difference, sidesOf, symbolNames, type Expression, type Relation } from '../expression.js';
import { proportionOf } from '../evaluate/proportion.js';
import { any, different, every, type Context, type Outcome } from './context.js';
import { compareEquations } from './equations.js';
import { isEquation } from './prepare.js';
import { compareAsSets } from './regions/compare-regions.js';

/** Two relations: equations by name and value or by their solutions, inequalities by direction and solutions. */
export function compareRelations(gold: Relation, prediction: Relation, context: Context): Outcome {
  if (isEquation(gold) && isEquation(prediction)) return compareEquations(gold, prediction, context);
  if (isEquation(gold) !== isEquation(prediction)) return different('relation kind');
  if (context.settings.strictVariables && namesOf(gold) !== namesOf(prediction)) return different('variable name');
  const written = compareWritten(gold, prediction, context);
  if (written.equal === true) return written;
  const scaled = compareScaledInequality(gold, prediction, context);
  if (scaled.equal === true) return scaled;
  return any([compareAsSets(gold, prediction, context)], different('inequality'));
}

function namesOf(e: Relation): string {
  return [...symbolNames(e)].sort().join();
}

/** The same chain, forwards or backwards. */
function compareWritten(gold: Relation, prediction: Relation, context: Context): Outcome {
  const readings = [prediction, reversed(prediction)].filter((reading) => reading !== undefined);
  return any(
    readings.map((reading) => compareSides(gold, reading, context)),
    different('inequality'),
  );
}

function compareSides(gold: Relation, prediction: Relation, context: Context): Outcome {
  if (operatorsOf(gold) !== operatorsOf(prediction)) return different('inequality');
  const sides = sidesOf(prediction);
  return every(
    sidesOf(gold).map((side, k) => context.compare(side, sides[k] ?? side)),
    'inequality',
  );
}

function operatorsOf(e: Relation): string {
  return e.rest.map((step) => step.operator).join('');
}

const mirrored: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['>', '<'],
  ['≤', '≥'],
  ['≥', '≤'],
  ['=', '='],
  ['≠', '≠'],
  ['≡', '≡'],
  ['∥', '∥'],
  ['⊥', '⊥'],
  ['⇔', '⇔'],
  ['⊂', '⊃'],
  ['⊃', '⊂'],
  ['⊆', '⊇'],
  ['⊇', '⊆'],
  ['≅', '≅'],
  ['∼', '∼'],
]);

/** The chain read from the right; undefined if one of its signs cannot be mirrored. */
function reversed(e: Relation): Relation | undefined {
  const operators = e.rest.map((step) => mirrored.get(step.operator)).reverse();
  const [first, ...sides] = [...sidesOf(e)].reverse();
  if (first === undefined) return undefined;
  const rest = sides.flatMap((right, k) => {
    const operator = operators[k];
    return operator === undefined ? [] : [{ operator, right }];
  });
  return rest.length === e.rest.length ? { kind: 'relation', first, rest } : undefined;
}

/** 2x < 6 and x < 3: the differences of sides are proportional. */
function compareScaledInequality(gold: Relation, prediction: Relation, context: Context): Outcome {
  const [g, p] = [soleStep(gold), soleStep(prediction)];
  if (g === undefined || p === undefined) return different('inequality');
  const proportion = proportionOf(g.difference, p.difference, context.canonicaliser, context.budget);
  if (proportion === undefined) return { equal: undefined, rule: 'inequality' };
  if (proportion === 'none') return different('inequality');
  const operator = proportion === 'positive' ? p.operator : mirrored.get(p.operator);
  return { equal: g.operator === operator && '<>≤≥≠'.includes(g.operator), rule: 'inequality' };
}

function soleStep(e: Relation): { operator: string; difference: Expression } | undefined {
  const [step, more] = e.rest;
  return step === undefined || more !== undefined
    ? undefined
    : { operator: step.operator, difference: difference(e.first, step.right) };
}
