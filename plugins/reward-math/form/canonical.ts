import { LimitReached, type Budget } from '../budget.js';
import { call, mapChildren, number, power, product, some, sum, type Expression } from '../expression.js';
import {
  add,
  checkSize,
  equals,
  isInteger,
  minusOne,
  multiply,
  one,
  power as ratPower,
  rational,
  zero,
  type Rational,
} from '../numeric/rational.js';
import { exactCall } from './exact-call.js';
import { keyOf } from './key.js';
import { primePowers, splitPower } from './surds.js';

const maxTerms = 500;

/**
 * Rewrites expressions to a normal form: exact numbers folded, terms and factors sorted and collected, roots of numbers
 * split into primes. Equal keys of normal forms prove equality; different keys prove nothing, except for two numbers.
 */
export class Canonicaliser {
  private readonly known = new Map<Expression, Expression>();

  constructor(
    readonly budget: Budget,
    readonly maxDigits: number,
  ) {}

  canonical(e: Expression): Expression {
    let result = this.known.get(e);
    if (result === undefined) this.known.set(e, (result = this.rewrite(e)));
    return result;
  }

  /** The exact value, if the expression folds to a fraction. */
  exact(e: Expression): Rational | undefined {
    const form = this.canonical(e);
    return form.kind === 'number' ? form.value : undefined;
  }

  private rewrite(e: Expression): Expression {
    this.budget.spend();
    const inner = mapChildren(e, (part) => this.canonical(part));
    switch (inner.kind) {
      case 'number':
        return number(inner.value);
      case 'sum':
        return this.sum(inner.terms);
      case 'product':
        return this.product(inner.factors);
      case 'power':
        return this.power(inner.base, inner.exponent);
      case 'unit':
        return inner.value;
      case 'call':
        return this.call(inner.name, inner.args);
      default:
        return inner;
    }
  }

  private call(name: string, args: readonly Expression[]): Expression {
    const [first] = args;
    if (name === 'percent' && first) return this.product([first, number(rational(1n, 100n))]);
    if (name === 'exp' && first && args.length === 1) return this.power({ kind: 'constant', name: 'e' }, first);
    const exact = exactCall(name, args, this.maxDigits);
    if (exact !== undefined) return number(checkSize(exact, this.maxDigits, this.budget));
    const degree = args[1];
    if (
      name === 'root' &&
      args[0]?.kind === 'number' &&
      args[0].value.n > 0n &&
      degree?.kind === 'number' &&
      degree.value.n !== 0n
    ) {
      return this.power(args[0], number(rational(degree.value.d, degree.value.n)));
    }
    return call(name, ...args);
  }

  /** Collects equal terms and adds the numbers. */
  private sum(parts: readonly Expression[]): Expression {
    let constant = zero;
    const terms = new Map<string, { coefficient: Rational; rest: Expression }>();
    for (const part of parts.flatMap((p) => (p.kind === 'sum' ? p.terms : [p]))) {
      this.budget.spend();
      if (part.kind === 'number') constant = this.checked(add(constant, part.value));
      else {
        const [coefficient, rest] = splitCoefficient(part);
        const key = keyOf(rest);
        const before = terms.get(key)?.coefficient ?? zero;
        terms.set(key, { coefficient: add(before, coefficient), rest });
      }
    }
    if (terms.size > maxTerms) throw new LimitReached('terms');
    const kept = sorted(terms)
      .filter((term) => term.coefficient.n !== 0n || isInfinite(term.rest))
      .map((term) => this.scaled(term.coefficient, term.rest));
    if (constant.n !== 0n || kept.length === 0) kept.unshift(number(constant));
    return sum(kept);
  }

  private scaled(coefficient: Rational, rest: Expression): Expression {
    if (equals(coefficient, one)) return rest;
    return product([number(coefficient), ...(rest.kind === 'product' ? rest.factors : [rest])]);
  }

  /** Collects powers of equal bases and multiplies the numbers. */
  private product(parts: readonly Expression[]): Expression {
    let coefficient = one;
    const powers = new Map<string, { base: Expression; exponents: Expression[] }>();
    for (const part of parts.flatMap((p) => (p.kind === 'product' ? p.factors : [p]))) {
      this.budget.spend();
      if (part.kind === 'number') {
        coefficient = this.checked(multiply(coefficient, part.value));
        continue;
      }
      const [base, exponent] = part.kind === 'power' ? [part.base, part.exponent] : [part, number(one)];
      const key = keyOf(base);
      const entry = powers.get(key) ?? { base, exponents: [] };
      entry.exponents.push(exponent);
      powers.set(key, entry);
    }
    if ([...powers.values()].some(({ base }) => base.kind === 'number' && base.value.n === 0n)) return product(parts);
    return this.assemble(coefficient, sorted(powers));
  }

  private assemble(start: Rational, powers: readonly { base: Expression; exponents: Expression[] }[]): Expression {
    let coefficient = start;
    const factors: Expression[] = [];
    for (const { base, exponents } of powers) {
      const [exponent, more] = exponents;
      const merged = exponent && !more ? this.keep(base, exponent) : this.power(base, this.sum(exponents));
      for (const factor of merged.kind === 'product' ? merged.factors : [merged]) {
        if (factor.kind === 'number') coefficient = this.checked(multiply(coefficient, factor.value));
        else factors.push(factor);
      }
    }
    if (coefficient.n === 0n && !factors.some(isInfinite)) return number(zero);
    if (factors.length === 0) return number(coefficient);
    const [only] = factors;
    if (factors.length === 1 && only?.kind === 'sum' && !equals(coefficient, one)) {
      return this.sum(only.terms.map((term) => this.product([number(coefficient), term])));
    }
    return equals(coefficient, one) ? product(factors) : product([number(coefficient), ...factors]);
  }

  private keep(base: Expression, exponent: Expression): Expression {
    return exponent.kind === 'number' && equals(exponent.value, one) ? base : power(base, exponent);
  }

  private power(base: Expression, exponent: Expression): Expression {
    if (exponent.kind !== 'number') return power(base, exponent);
    if (equals(exponent.value, one)) return base;
    if (base.kind === 'number') return this.numberPower(base.value, exponent.value);
    if (exponent.value.n === 0n) return number(one);
    if (!isInteger(exponent.value)) return power(base, exponent);
    if (base.kind === 'constant' && base.name === 'i') return this.powerOfI(exponent.value.n);
    if (base.kind === 'product') return this.product(base.factors.map((factor) => this.power(factor, exponent)));
    if (base.kind === 'power') return this.power(base.base, this.product([base.exponent, exponent]));
    return power(base, exponent);
  }

  private powerOfI(exponent: bigint): Expression {
    const i: Expression = { kind: 'constant', name: 'i' };
    switch (((exponent % 4n) + 4n) % 4n) {
      case 0n:
        return number(one);
      case 1n:
        return i;
      case 2n:
        return number(minusOne);
      default:
        return product([number(minusOne), i]);
    }
  }

  private numberPower(base: Rational, exponent: Rational): Expression {
    if (isInteger(exponent)) {
      const exact = ratPower(base, exponent.n, this.maxDigits);
      if (exact !== undefined) return number(this.checked(exact));
      return this.hugePower(base, exponent);
    }
    if (base.n < 0n && equals(exponent, rational(1n, 2n))) {
      return this.product([{ kind: 'constant', name: 'i' }, this.numberPower({ n: -base.n, d: base.d }, exponent)]);
    }
    const split = splitPower(base, exponent, this.maxDigits);
    if (split === undefined) return power(number(base), number(exponent));
    if (split.roots.length === 0) return number(split.coefficient);
    const roots = [...split.roots].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    return equals(split.coefficient, one) ? product(roots) : product([number(split.coefficient), ...roots]);
  }

  /** A power with too many digits stays a product of prime powers: 9^5000000 is 3^10000000. */
  private hugePower(base: Rational, exponent: Rational): Expression {
    if (base.n <= 0n || exponent.n <= 0n || base.d !== 1n) return power(number(base), number(exponent));
    return product(
      primePowers(base.n).map(([prime, count]) =>
        power(number({ n: prime, d: 1n }), number(multiply(exponent, { n: BigInt(count), d: 1n }))),
      ),
    );
  }

  private checked(value: Rational): Rational {
    return checkSize(value, this.maxDigits, this.budget);
  }
}

function isInfinite(e: Expression): boolean {
  return some(e, (part) => part.kind === 'constant' && part.name === '∞');
}

function splitCoefficient(term: Expression): [Rational, Expression] {
  const first = term.kind === 'product' ? term.factors[0] : undefined;
  if (term.kind !== 'product' || first?.kind !== 'number') return [one, term];
  return [first.value, product(term.factors.slice(1))];
}

function sorted<T>(entries: ReadonlyMap<string, T>): T[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
