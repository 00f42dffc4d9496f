import { children, type Expression } from '../expression.js';

/** What occurs in an answer, found in one pass, so that steps that have nothing to do are skipped. */
export interface Traits {
  readonly kinds: ReadonlySet<Expression['kind']>;
  readonly names: ReadonlySet<string>;
}

export function traitsOf(...expressions: readonly Expression[]): Traits {
  const kinds = new Set<Expression['kind']>();
  const names = new Set<string>();
  const visit = (e: Expression): void => {
    kinds.add(e.kind);
    if (e.kind === 'symbol' || e.kind === 'constant') names.add(e.name);
    for (const part of children(e)) visit(part);
  };
  for (const e of expressions) visit(e);
  return { kinds, names };
}
