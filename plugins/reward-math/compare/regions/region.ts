import {
  mapChildren,
  some,
  symbolNames,
  type Builder,
  type Expression,
  type List,
  type Relation,
} from '../../expression.js';
import { keyOf } from '../../form/key.js';
import { isName } from '../prepare.js';

/** A set of real numbers. Relations speak of the symbol {@link unknown}. */
export type Region =
  | { readonly kind: 'all' }
  | { readonly kind: 'interval'; readonly interval: List; readonly low: Expression; readonly high: Expression }
  | { readonly kind: 'points'; readonly points: readonly Expression[] }
  | { readonly kind: 'relation'; readonly relation: Relation }
  /** `either`: joined by a comma or "and", which may mean that all parts hold or that each adds its solutions. */
  | { readonly kind: 'join'; readonly operator: JoinOperator; readonly parts: readonly Region[] };

export type JoinOperator = '∪' | '∩' | '∖' | 'either';

export const unknown: Expression = { kind: 'symbol', name: '?' };
const orders = new Set(['<', '>', '≤', '≥', '≠', '=']);

/** Reads expressions as sets of real numbers, all in the same unknown. */
export class RegionReader {
  /** The variable or f(x) that the relations speak of. */
  private name: string | undefined;
  /** Whether the relations of the sets read speak of different variables. */
  severalUnknowns = false;

  /** The set of reals that the expression stands for; undefined if it is none, or one with parameters. */
  read(e: Expression): Region | undefined {
    switch (e.kind) {
      case 'symbol':
        return e.name === 'ℝR' ? { kind: 'all' } : undefined;
      case 'relation':
        return this.relation(e);
      case 'setOperation':
        return this.join(e.operator, [e.left, e.right]);
      case 'list':
        return this.list(e);
      case 'builder':
        return this.builder(e);
      default:
        return undefined;
    }
  }

  private join(operator: JoinOperator, expressions: readonly Expression[]): Region | undefined {
    const parts = expressions.map((part) => this.read(part));
    return parts.every((part) => part !== undefined) ? { kind: 'join', operator, parts } : undefined;
  }

  private list(e: List): Region | undefined {
    if (e.open === '' && e.items.length > 0 && e.items.every((item) => item.kind === 'relation'))
      return this.join(joinOf(e), e.items);
    if (e.open === '' && e.joint === 'or' && e.items.some((item) => item.kind === 'list'))
      return this.join('∪', e.items);
    if (e.open === '(' || e.open === '[') {
      const [low, high] = e.items;
      return low && high && e.items.length === 2 && isFormula(low) && isFormula(high)
        ? { kind: 'interval', interval: e, low, high }
        : undefined;
    }
    return e.items.every(isFormula) ? { kind: 'points', points: e.items } : undefined;
  }

  private relation(e: Relation): Region | undefined {
    const [step] = e.rest;
    if (step?.operator === '∈' && e.rest.length === 1 && isName(e.first)) return this.read(step.right);
    if (!e.rest.every(({ operator }) => orders.has(operator))) return undefined;
    const applied = new Set<string>();
    some(e, (part) => part.kind === 'apply' && applied.add(keyOf(part)) === undefined);
    const names = applied.size > 0 ? applied : symbolNames(e);
    const [name] = names;
    if (names.size > 1) this.severalUnknowns = true;
    if (name === undefined || names.size > 1 || !this.speaksOf(name)) return undefined;
    return this.inUnknown(e, name);
  }

  private speaksOf(name: string): boolean {
    this.name ??= name;
    if (this.name !== name) this.severalUnknowns = true;
    return this.name === name;
  }

  private inUnknown(e: Relation, name: string): Region | undefined {
    const relation = replaceUnknown(e, name);
    return relation.kind === 'relation' && [relation.first, ...relation.rest.map((step) => step.right)].every(isFormula)
      ? { kind: 'relation', relation }
      : undefined;
  }

  /** {x ∈ ℝ | 2 ≤ x < 5}: the bound variable is renamed, so it may be any letter. */
  private builder(e: Builder): Region | undefined {
    if (e.element.kind !== 'symbol') return undefined;
    const inner = new RegionReader();
    const parts = e.conditions.map((condition) => inner.read(condition));
    if (inner.name !== undefined && inner.name !== e.element.name) return undefined;
    return parts.every((part) => part !== undefined) ? { kind: 'join', operator: '∩', parts } : undefined;
  }
}

/** "or" joins solutions; several ≠ hold together; "and" and commas say either. */
function joinOf(e: List): JoinOperator {
  const excludes = e.items.some((item) => item.kind === 'relation' && item.rest.some((step) => step.operator === '≠'));
  if (excludes && e.joint !== 'or') return '∩';
  return e.joint === 'or' ? '∪' : 'either';
}

function replaceUnknown(e: Expression, name: string): Expression {
  if ((e.kind === 'symbol' || e.kind === 'apply') && keyOf(e) === name) return unknown;
  return mapChildren(e, (part) => replaceUnknown(part, name));
}

const formulaKinds = new Set(['number', 'constant', 'sum', 'product', 'power', 'call', 'unit']);

/** A formula for a real number in the unknown alone. */
function isFormula(e: Expression): boolean {
  return !some(e, (part) => !formulaKinds.has(part.kind) && !(part.kind === 'symbol' && part.name === '?'));
}
