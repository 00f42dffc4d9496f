import type { Budget } from '../budget.js';
import { children, hasNames, some, symbolNames, type Expression } from '../expression.js';
import type { Canonicaliser } from '../form/canonical.js';
import type { ComplexField } from '../numeric/complex.js';
import { compareAt } from './agreement.js';
import { nowhere, rounds, samplePoint, allRounds, type Domain, type Point } from './points.js';

/** So many points must agree where a value exists at them. */
const enoughPoints = 5;

/**
 * Same value wherever both have one? Undefined if too few points could tell, or if the precision at one of them was
 * not enough.
 */
export function sameValues(
  a: Expression,
  b: Expression,
  canonicaliser: Canonicaliser,
  budget: Budget,
): boolean | undefined {
  const sampling = new Sampling([a, b], canonicaliser);
  let agreed = 0;
  for (let round = 0; round < sampling.rounds && agreed < sampling.enough; round++) {
    const makePoint = (field: ComplexField): Point => sampling.pointAt(field, round);
    const found = compareAt(a, b, { makePoint, complex: sampling.complex, sameDomain: sampling.sameDomain, budget });
    if (found === 'different') return false;
    if (found === 'unclear') return undefined;
    if (found === 'equal') agreed++;
  }
  return agreed >= sampling.least ? true : undefined;
}

/** Only whole numbers have a factorial; others of these mean counting by convention. */
const countingFunctions = new Set(['factorial', 'doubleFactorial', 'binom', 'gcd', 'lcm', 'pmod', 'totient']);
/** Functions that may agree with a simpler one on a short interval. */
const steppedFunctions = new Set(['floor', 'ceil', 'mod', 'max', 'min', 'sign', 'gcd', 'lcm', 'cases', 'frac']);
/** Functions that say nothing about real numbers. */
const complexFunctions = new Set(['conjugate', 'Re', 'Im', 'arg']);

/** Where two expressions must be sampled to tell them apart. */
export class Sampling {
  readonly complex: boolean;
  readonly sameDomain: boolean;
  readonly rounds: number;
  readonly enough: number;
  /** Fewest points that prove equality. */
  readonly least: number;
  private readonly whole = new Set<string>();
  private readonly offTheLine: boolean;

  constructor(
    private readonly expressions: readonly Expression[],
    private readonly canonicaliser: Canonicaliser,
  ) {
    const named = expressions.some(hasNames);
    const stepped = this.uses((part) => part.kind === 'call' && steppedFunctions.has(part.name));
    this.sameDomain = this.uses((part) => part.kind === 'call' && part.name === 'cases');
    this.offTheLine = this.uses(isAboutComplexNumbers);
    this.complex = this.offTheLine || this.uses((part) => part.kind === 'constant' && part.name === 'i');
    this.rounds = !named ? 1 : stepped ? allRounds : rounds;
    this.enough = !named ? 1 : stepped ? allRounds : enoughPoints;
    this.least = named ? 2 : 1;
    for (const e of expressions) this.collectWhole(e);
  }

  pointAt(field: ComplexField, round: number): Point {
    return this.rounds === 1 ? nowhere : samplePoint(field, round, (name) => this.domainOf(name));
  }

  domainOf(name: string): Domain {
    if (this.offTheLine) return 'complex';
    return this.whole.has(name) ? 'whole' : 'real';
  }

  private uses(test: (part: Expression) => boolean): boolean {
    return this.expressions.some((e) => some(e, test));
  }

  /** Names inside factorials, bounds of sums and exponents of negative numbers stand for whole numbers. */
  private collectWhole(e: Expression): void {
    if (e.kind === 'call' && countingFunctions.has(e.name)) symbolNames(e, this.whole);
    if (e.kind === 'big' && (e.operator === 'sum' || e.operator === 'prod'))
      for (const bound of [e.lower, e.upper]) if (bound) symbolNames(bound, this.whole);
    if (e.kind === 'power' && this.hasNegativeBase(e)) symbolNames(e.exponent, this.whole);
    for (const part of children(e)) this.collectWhole(part);
  }

  private hasNegativeBase(e: Extract<Expression, { kind: 'power' }>): boolean {
    if (this.canonicaliser.exact(e.exponent) !== undefined) return false;
    const base = this.canonicaliser.exact(e.base);
    return base !== undefined && base.n < 0n;
  }
}

/** Conjugates and the like; the absolute value of z or w, the names that complex numbers have by custom. */
function isAboutComplexNumbers(part: Expression): boolean {
  if (part.kind !== 'call') return false;
  if (complexFunctions.has(part.name)) return true;
  return part.name === 'abs' && [...symbolNames(part)].some((name) => /^[zw](?:_|$)/.test(name));
}
