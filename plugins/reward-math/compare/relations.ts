import { difference, mapChildren, some, symbolNames, type Expression, type Relation } from '../expression.js';
import { Evaluator } from '../evaluate/evaluator.js';
import { rationalPoint, sameValues } from '../evaluate/sample.js';
import { ComplexField, type Complex } from '../numeric/complex.js';
import { any, canonicalKey, different, every, type Compare, type Context, type Outcome } from './context.js';
import { isEquation, isName } from './prepare.js';
import { compareAsSets } from './regions.js';

/** Two relations: equations by name and value or by their solutions, inequalities by direction and solutions. */
export function compareRelations(
  gold: Relation,
  prediction: Relation,
  compareValues: Compare,
  context: Context,
): Outcome {
  if (isEquation(gold) && isEquation(prediction)) return compareEquations(gold, prediction, compareValues, context);
  if (isEquation(gold) !== isEquation(prediction)) return different('relation kind');
  if (
    context.settings.strictVariables &&
    [...symbolNames(gold)].sort().join() !== [...symbolNames(prediction)].sort().join()
  )
    return different('variable name');
  const written = compareWritten(gold, prediction, compareValues, context);
  if (written.equal === true) return written;
  if (gold.rest.length === 1 && prediction.rest.length === 1) {
    const scaled = compareScaledInequality(gold, prediction, context);
    if (scaled.equal === true) return scaled;
  }
  return any([compareAsSets(gold, prediction, context)], different('inequality'));
}

/** The same chain, forwards or backwards. */
function compareWritten(gold: Relation, prediction: Relation, compareValues: Compare, context: Context): Outcome {
  const parts = (e: Relation): Expression[] => [e.first, ...e.rest.map((step) => step.right)];
  const operators = (e: Relation): string => e.rest.map((step) => step.operator).join('');
  const attempt = (p: Relation): Outcome => {
    if (operators(gold) !== operators(p)) return different('inequality');
    return every(
      parts(gold).map((part, k) => compareValues(part, parts(p)[k]!, context)),
      'inequality',
    );
  };
  return any([attempt(prediction), attempt(reversed(prediction))], different('inequality'));
}

const mirrored: Readonly<Record<string, string>> = { '<': '>', '>': '<', '≤': '≥', '≥': '≤', '=': '=', '≠': '≠' };

function reversed(e: Relation): Relation {
  const parts = [e.first, ...e.rest.map((step) => step.right)].reverse();
  const operators = e.rest.map((step) => mirrored[step.operator] ?? '?').reverse();
  return {
    kind: 'relation',
    first: parts[0]!,
    rest: operators.map((operator, k) => ({ operator, right: parts[k + 1]! })),
  };
}

function compareEquations(gold: Relation, prediction: Relation, compareValues: Compare, context: Context): Outcome {
  const [g, p] = [gold.rest.at(-1)!.right, prediction.rest.at(-1)!.right];
  if (isName(gold.first) && isName(prediction.first)) {
    const sameNames = compareNamed(gold.first, g, prediction.first, p, compareValues, context);
    if (sameNames !== undefined) return sameNames;
    // x = 5 and y = 5 say different things; y = 2x + 1 may still be x = (y - 1)/2.
    if (symbolNames(g).size === 0 && symbolNames(p).size === 0) return different('variable name');
  }
  return compareSolutions(difference(gold.first, g), difference(prediction.first, p), context);
}

/** Equations that name the same thing: x = …, f(x) = … against f(t) = …, y = … against f(x) = …; undefined for other names. */
function compareNamed(
  goldName: Expression,
  gold: Expression,
  name: Expression,
  value: Expression,
  compareValues: Compare,
  context: Context,
): Outcome | undefined {
  const [g, p] = [functionHead(goldName), functionHead(name)];
  if (g && p && g.head === p.head && g.args.length === p.args.length) {
    // f(y) = x - 1 is no function of x.
    if (g.args.some((arg) => !p.args.includes(arg) && symbolNames(value).has(arg))) return different('variable name');
    const renamed = renameSymbols(value, new Map(p.args.map((arg, k) => [arg, g.args[k]!])));
    const same = compareValues(gold, renamed, context);
    return { ...same, rule: `equation: ${same.rule}` };
  }
  const sameName = !context.settings.strictVariables || canonicalKey(goldName, context) === canonicalKey(name, context);
  if (!sameName && !isGraph(goldName, name, gold, value) && !isGraph(name, goldName, value, gold)) return undefined;
  const same = compareValues(gold, value, context);
  return sameName || same.equal === true ? { ...same, rule: `equation: ${same.rule}` } : undefined;
}

/** The name and the variables of f(x). */
function functionHead(e: Expression): { head: string; args: readonly string[] } | undefined {
  if (e.kind !== 'apply') return undefined;
  const args = e.args.map((arg) => (arg.kind === 'symbol' ? arg.name : undefined));
  return args.includes(undefined) ? undefined : { head: e.name, args: args as string[] };
}

/** y = … is the graph of f(x) = …, as long as neither y nor f is used in the values. */
function isGraph(plain: Expression, applied: Expression, ...values: readonly Expression[]): boolean {
  const head = functionHead(applied);
  if (plain.kind !== 'symbol' || plain.name !== 'y' || applied.kind !== 'apply' || head === undefined) return false;
  return values.every(
    (value) =>
      !symbolNames(value).has(plain.name) && !some(value, (part) => part.kind === 'apply' && part.name === head.head),
  );
}

function renameSymbols(e: Expression, names: ReadonlyMap<string, string>): Expression {
  if (e.kind === 'symbol') return { kind: 'symbol', name: names.get(e.name) ?? e.name };
  return mapChildren(e, (part) => renameSymbols(part, names));
}

/** Equations with the same solutions: one difference of sides is the other times a number that is not zero. */
function compareSolutions(gold: Expression, prediction: Expression, context: Context): Outcome {
  if (canonicalKey(gold, context) === canonicalKey(prediction, context)) return { equal: true, rule: 'equation' };
  const ratio = constantRatio(gold, prediction, context);
  return ratio === undefined ? { equal: undefined, rule: 'equation' } : { equal: ratio !== 0, rule: 'equation' };
}

function compareScaledInequality(gold: Relation, prediction: Relation, context: Context): Outcome {
  const [g, p] = [gold.rest[0]!, prediction.rest[0]!];
  const ratio = constantRatio(difference(gold.first, g.right), difference(prediction.first, p.right), context);
  if (ratio === undefined || ratio === 0) return { equal: ratio === 0 ? false : undefined, rule: 'inequality' };
  const operator = ratio > 0 ? p.operator : mirrored[p.operator];
  return { equal: g.operator === operator, rule: 'inequality' };
}

/** Sign of the constant c with gold = c · prediction; 0 if there is no such constant. */
function constantRatio(gold: Expression, prediction: Expression, context: Context): -1 | 0 | 1 | undefined {
  const field = new ComplexField(192, context.budget);
  const ratios: Complex[] = [];
  for (let round = 0; round < 8 && ratios.length < 4; round++) {
    const evaluator = new Evaluator(field, rationalPoint(field, round), context.budget);
    const [a, b] = [evaluator.evaluate(gold), evaluator.evaluate(prediction)];
    if (!a || !b || field.isZero(a) || field.isZero(b)) continue;
    const top = (value: Complex): number => field.real.top(field.abs(value));
    if (top(a) < evaluator.largest - 140 || top(b) < evaluator.largest - 140) continue;
    const ratio = field.divide(a, b);
    if (ratio) ratios.push(ratio);
  }
  const first = ratios[0];
  if (ratios.length < 3 || first === undefined) return undefined;
  const size = field.real.top(field.abs(first));
  const same = ratios.every((ratio) => field.real.top(field.abs(field.subtract(ratio, first))) < size - 120);
  if (!same || !(field.real.top(first.im) < size - 120)) return 0;
  return first.re.m > 0n ? 1 : -1;
}

/** Whether a left side without symbols is a true statement: 1 + 1 = 2 may answer 2, but 5 = 6 may not answer 6. */
export function isTrueStatement(e: Relation, context: Context): boolean {
  if (some(e.first, (part) => part.kind === 'symbol' || part.kind === 'apply' || part.kind === 'text')) return true;
  const right = e.rest.at(-1)!.right;
  return sameValues(e.first, right, context.canonicaliser, context.budget) === true;
}

/** Renames the prediction's variables to the gold's in order of appearance, for settings that allow other names. */
export function renameLike(gold: Expression, prediction: Expression): Expression {
  const [from, to] = [[...symbolNames(prediction)], [...symbolNames(gold)]];
  if (from.length !== to.length) return prediction;
  return renameSymbols(prediction, new Map(from.map((name, k) => [name, to[k]!])));
}
