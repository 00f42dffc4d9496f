import type { Budget } from '../budget.js';
import { children, hasNames, symbolNames, type Big, type Call, type Expression } from '../expression.js';
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
  /** Whether values off the real line count. */
  complex = false;
  /** Whether a value on one side only is a difference. */
  sameDomain = false;
  readonly rounds: number;
  readonly enough: number;
  /** Fewest points that prove equality. */
  readonly least: number;
  private readonly whole = new Set<string>();
  private offTheLine = false;
  private stepped = false;

  constructor(
    expressions: readonly Expression[],
    private readonly canonicaliser: Canonicaliser,
  ) {
    for (const e of expressions) this.visit(e);
    const named = expressions.some(hasNames);
    this.rounds = !named ? 1 : this.stepped ? allRounds : rounds;
    this.enough = !named ? 1 : this.stepped ? allRounds : enoughPoints;
    this.least = named ? 2 : 1;
  }

  pointAt(field: ComplexField, round: number): Point {
    return this.rounds === 1 ? nowhere : samplePoint(field, round, (name) => this.domainOf(name));
  }

  domainOf(name: string): Domain {
    if (this.offTheLine) return 'complex';
    return this.whole.has(name) ? 'whole' : 'real';
  }

  private visit(e: Expression): void {
    switch (e.kind) {
      case 'constant':
        if (e.name === 'i') this.complex = true;
        break;
      case 'call':
        this.visitCall(e);
        break;
      case 'big':
        this.visitBounds(e);
        break;
      case 'power':
        if (this.hasNegativeBase(e)) symbolNames(e.exponent, this.whole);
        break;
      default:
    }
    for (const part of children(e)) this.visit(part);
  }

  private visitCall(e: Call): void {
    if (steppedFunctions.has(e.name)) this.stepped = true;
    if (e.name === 'cases') this.sameDomain = true;
    if (countingFunctions.has(e.name)) symbolNames(e, this.whole);
    if (isAboutComplexNumbers(e)) this.offTheLine = this.complex = true;
  }

  /** Names in bounds of sums stand for whole numbers, as in factorials and exponents of negative numbers. */
  private visitBounds(e: Big): void {
    if (e.operator !== 'sum' && e.operator !== 'prod') return;
    for (const bound of [e.lower, e.upper]) if (bound) symbolNames(bound, this.whole);
  }

  private hasNegativeBase(e: Extract<Expression, { kind: 'power' }>): boolean {
    if (e.exponent.kind === 'number' || this.canonicaliser.exact(e.exponent) !== undefined) return false;
    const base = this.canonicaliser.exact(e.base);
    return base !== undefined && base.n < 0n;
  }
}

/** Conjugates and the like; the absolute value of z or w, the names that complex numbers have by custom. */
function isAboutComplexNumbers(e: Call): boolean {
  if (complexFunctions.has(e.name)) return true;
  return e.name === 'abs' && [...symbolNames(e)].some((name) => /^[zw](?:_|$)/.test(name));
}
